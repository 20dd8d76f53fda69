// What is being pressed stays where it is: drawn anew between the press and its end, it would lose the press.

let pressed = false;
const waiting = new Map();

addEventListener('pointerdown', () => { pressed = true; }, true);
for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => setTimeout(draw), true);

function draw() {
  pressed = false;
  const all = [...waiting];
  waiting.clear();
  for (const [render, args] of all) render(...args);
}

export function steadily(render) {
  return (...args) => {
    if (pressed) waiting.set(render, args);
    else render(...args);
  };
}
