// People on cards, whom Teams draws with their picture by the rights of whoever looks; here everybody has initials.

import { avatar, h } from './dom.js';

export function persona() {
  const { CardElement, CustomProperty, GlobalRegistry, Versions } = AdaptiveCards;

  class Persona extends CardElement {
    static propertiesProperty = new CustomProperty(
      Versions.v1_5,
      'properties',
      (sender, property, source) => source[property.name] || {},
      (sender, property, target, value) => { target[property.name] = value; },
    );

    getJsonTypeName() {
      return 'Component';
    }

    internalRender() {
      const { displayName = '', userPrincipalName = '' } = this.getValue(Persona.propertiesProperty) || {};
      const named = h('span', {}, displayName);
      return h('div', { class: 'card-persona' }, avatar({ key: userPrincipalName, name: displayName }, true), named);
    }
  }

  GlobalRegistry.elements.register('Component', Persona);
}
