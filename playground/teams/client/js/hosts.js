// The card renderer's settings for each theme, after Teams' own measures and with readable contrast.

const INK = {
  light: { text: '#242424', subtle: '#545454', accent: '#4f52b2', good: '#0e700e', warning: '#8a5a00', attention: '#b10e1c', line: '#e0e0e0', back: '#ffffff', soft: '#f5f5f5', goodBack: '#f1faf1', badBack: '#fdf3f4', warnBack: '#fff9f0', accentBack: '#eef0fb' },
  dark: { text: '#ffffff', subtle: '#c7c7c7', accent: '#a6adff', good: '#7fcf7f', warning: '#f2c661', attention: '#f4a0a8', line: '#4d4d4d', back: '#333333', soft: '#3d3d3d', goodBack: '#1f331f', badBack: '#42262a', warnBack: '#3b311d', accentBack: '#32355c' },
  contrast: { text: '#ffffff', subtle: '#ffffff', accent: '#1aebff', good: '#3ff23f', warning: '#ffff01', attention: '#ff9a9f', line: '#ffffff', back: '#000000', soft: '#000000', goodBack: '#000000', badBack: '#000000', warnBack: '#000000', accentBack: '#000000' },
};

const FONT = '"Segoe UI", "Segoe UI Web", system-ui, -apple-system, "Helvetica Neue", "Noto Sans", Arial, sans-serif';

function colours(ink) {
  const pair = (colour) => ({ default: colour, subtle: colour });
  return {
    default: { default: ink.text, subtle: ink.subtle },
    dark: { default: ink.text, subtle: ink.subtle },
    light: { default: ink.text, subtle: ink.subtle },
    accent: pair(ink.accent),
    good: pair(ink.good),
    warning: pair(ink.warning),
    attention: pair(ink.attention),
  };
}

function styles(ink) {
  const style = (backgroundColor, borderColor) => ({ backgroundColor, borderColor, foregroundColors: colours(ink) });
  return {
    default: style(ink.back, ink.line),
    emphasis: style(ink.soft, ink.line),
    accent: style(ink.accentBack, ink.accent),
    good: style(ink.goodBack, ink.good),
    attention: style(ink.badBack, ink.attention),
    warning: style(ink.warnBack, ink.warning),
  };
}

export function hostConfig(theme) {
  const ink = INK[theme] || INK.light;
  return new AdaptiveCards.HostConfig({
    supportsInteractivity: true,
    fontTypes: {
      default: { fontFamily: FONT, fontSizes: { small: 12, default: 14, medium: 16, large: 20, extraLarge: 26 }, fontWeights: { lighter: 300, default: 400, bolder: 600 } },
      monospace: { fontFamily: '"Cascadia Mono", Consolas, "DejaVu Sans Mono", monospace', fontSizes: { small: 13, default: 15, medium: 18, large: 22, extraLarge: 28 }, fontWeights: { lighter: 300, default: 400, bolder: 600 } },
    },
    spacing: { small: 6, default: 10, medium: 16, large: 22, extraLarge: 30, padding: 16 },
    separator: { lineThickness: 1, lineColor: ink.line },
    imageSizes: { small: 32, medium: 52, large: 100 },
    containerStyles: styles(ink),
    actions: { maxActions: 6, spacing: 'medium', buttonSpacing: 8, showCard: { actionMode: 'inline', inlineTopMargin: 12, style: 'emphasis' }, actionsOrientation: 'horizontal', actionAlignment: 'left', iconPlacement: 'leftOfTitle', iconSize: 16 },
    adaptiveCard: { allowCustomStyle: false },
    textStyles: { heading: { size: 'large', weight: 'bolder', color: 'default', isSubtle: false, fontType: 'default' } },
    factSet: {
      title: { color: 'default', size: 'default', isSubtle: true, weight: 'default', wrap: true, maxWidth: 170 },
      value: { color: 'default', size: 'default', isSubtle: false, weight: 'bolder', wrap: true },
      spacing: 14,
    },
    inputs: {
      label: { inputSpacing: 'small', requiredInputs: { weight: 'bolder', color: 'default', suffix: ' *', suffixColor: 'attention' }, optionalInputs: { weight: 'bolder', color: 'default' } },
      errorMessage: { color: 'attention', spacing: 'small', weight: 'default' },
    },
  });
}
