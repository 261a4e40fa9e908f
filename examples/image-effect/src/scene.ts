// A landscape in the evening, drawn anew for each moment: something to paint where there is no camera.

/** Waves without a pattern that the eye finds, from -1 to 1. */
const waves = (x: number, seed: number) =>
  (Math.sin(x + seed) + Math.sin(x * 2.3 + seed * 1.7) * 0.5 + Math.sin(x * 5.1 + seed * 3.1) * 0.25) / 1.75;

/** From 0 to 1, the same for the same number. */
const chance = (n: number) => {
  const value = Math.sin(n * 127.1) * 43758.5453;
  return value - Math.floor(value);
};

export function drawScene(context: CanvasRenderingContext2D, seconds: number): void {
  const { width, height } = context.canvas;
  const horizon = height * 0.6;

  const sky = context.createLinearGradient(0, 0, 0, horizon);
  sky.addColorStop(0, '#16315f');
  sky.addColorStop(0.55, '#c8587a');
  sky.addColorStop(1, '#ffc46b');
  context.fillStyle = sky;
  context.fillRect(0, 0, width, height);

  const sun = { x: width * 0.62, y: horizon - height * 0.1 };
  const glow = context.createRadialGradient(sun.x, sun.y, 0, sun.x, sun.y, height * 0.4);
  glow.addColorStop(0, '#fffbe0');
  glow.addColorStop(0.12, '#ffe9a0');
  glow.addColorStop(1, '#ff9a3c00');
  context.fillStyle = glow;
  context.fillRect(0, 0, width, horizon);

  for (let cloud = 0; cloud < 9; cloud++) {
    const x = ((chance(cloud) * 1.4 + seconds * (0.004 + chance(cloud + 50) * 0.008)) % 1.4) * width - width * 0.2;
    const y = horizon * (0.1 + chance(cloud + 100) * 0.55);
    for (let puff = 0; puff < 14; puff++) {
      const size = height * (0.015 + chance(cloud * 31 + puff) * 0.045);
      context.fillStyle = `hsl(${330 + chance(puff + cloud) * 50} 75% ${55 + chance(cloud * 7 + puff) * 30}% / 0.35)`;
      context.beginPath();
      context.ellipse(x + (puff - 7) * height * 0.03, y + waves(puff, cloud) * 8, size * 2.4, size, 0, 0, 2 * Math.PI);
      context.fill();
    }
  }

  for (let ridge = 0; ridge < 4; ridge++) {
    context.fillStyle = `hsl(${265 - ridge * 30} ${30 + ridge * 6}% ${42 - ridge * 9}%)`;
    context.beginPath();
    context.moveTo(0, height);
    for (let x = 0; x <= width; x += 4) {
      const hill = waves((x / width) * (5 + ridge * 2), ridge * 9) * height * 0.07;
      context.lineTo(x, horizon - height * (0.1 - ridge * 0.04) - hill);
    }
    context.lineTo(width, height);
    context.fill();
  }

  const lake = context.createLinearGradient(0, height * 0.7, 0, height);
  lake.addColorStop(0, '#e79a6a');
  lake.addColorStop(1, '#22315e');
  context.fillStyle = lake;
  context.fillRect(0, height * 0.72, width, height);
  for (let glint = 0; glint < 260; glint++) {
    const depth = chance(glint);
    const y = height * (0.72 + 0.28 * depth * depth);
    const spread = (0.04 + depth * 0.3) * width;
    const x = sun.x + (chance(glint + 300) - 0.5) * 2 * spread + waves(seconds * 1.5, glint) * 6;
    context.fillStyle = `hsl(42 100% 75% / ${0.25 + 0.5 * Math.abs(waves(seconds * 2, glint * 3))})`;
    context.fillRect(x, y, 6 + depth * 26, 1 + depth * 2.5);
  }

  for (let reed = 0; reed < 90; reed++) {
    const x = chance(reed + 700) ** 2 * width * 0.45;
    const tall = height * (0.1 + chance(reed + 800) * 0.24);
    const sway = waves(seconds + x * 0.02, reed) * 12;
    context.strokeStyle = `hsl(${80 + chance(reed) * 60} 40% ${8 + chance(reed + 900) * 18}%)`;
    context.lineWidth = 1.5 + chance(reed + 20) * 2.5;
    context.beginPath();
    context.moveTo(x, height);
    context.quadraticCurveTo(x, height - tall * 0.6, x + sway, height - tall);
    context.stroke();
  }
}
