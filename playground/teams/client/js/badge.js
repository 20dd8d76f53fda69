// Badges, which Teams draws and the official renderer does not know; icons it leaves out, as clients do that have none.

const TONES = { Accent: 'accent', Good: 'good', Warning: 'warning', Attention: 'attention' };

export function badge() {
  const { CardElement, GlobalRegistry, StringProperty, Versions } = AdaptiveCards;

  class Badge extends CardElement {
    static textProperty = new StringProperty(Versions.v1_5, 'text');
    static styleProperty = new StringProperty(Versions.v1_5, 'style');

    getJsonTypeName() {
      return 'Badge';
    }

    internalRender() {
      const drawn = document.createElement('span');
      drawn.className = `card-badge ${TONES[this.getValue(Badge.styleProperty)] || ''}`;
      drawn.textContent = this.getValue(Badge.textProperty);
      return drawn;
    }
  }

  GlobalRegistry.elements.register('Badge', Badge);
}
