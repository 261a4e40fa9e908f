// Draws the array of structs as it lies in memory: its bytes are the vertex buffer, one point per particle.
import type { StructArray } from 'arena-bind';
import { HEIGHT, WIDTH } from './simulation';

const VERTEX = `#version 300 es
layout(location = 0) in vec2 position;
layout(location = 1) in vec2 velocity;
layout(location = 2) in float radius;
layout(location = 3) in float glow;
uniform vec2 box;
uniform float scale;
out vec3 colour;

void main() {
  gl_Position = vec4(position / box * vec2(2, -2) + vec2(-1, 1), 0, 1);
  gl_PointSize = 2.0 * radius * scale;
  float heat = min(length(velocity) / 300.0, 1.0);
  vec3 calm = mix(vec3(0.10, 0.30, 0.75), vec3(0.15, 0.80, 0.75), heat * 2.0);
  vec3 fast = mix(calm, vec3(1.0, 0.45, 0.15), max(heat * 2.0 - 1.0, 0.0));
  colour = mix(fast, vec3(1.0, 0.95, 0.8), glow);
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec3 colour;
out vec4 pixel;

void main() {
  vec2 at = gl_PointCoord * 2.0 - 1.0;
  float edge = dot(at, at);
  if (edge > 1.0) discard;
  pixel = vec4(colour * (1.15 - 0.5 * edge), 1);
}`;

// As Particle in particles.cpp: floats, and where each attribute begins.
const ATTRIBUTES = [
  { floats: 2, offset: 0 },
  { floats: 2, offset: 8 },
  { floats: 1, offset: 16 },
  { floats: 1, offset: 20 },
];

export function createRenderer(canvas: HTMLCanvasElement) {
  const gl = canvas.getContext('webgl2', { antialias: false, alpha: false });
  if (gl === null) throw new Error('This browser has no WebGL 2.');
  const program = link(gl);
  gl.useProgram(program);
  gl.uniform2f(gl.getUniformLocation(program, 'box'), WIDTH, HEIGHT);
  const scale = gl.getUniformLocation(program, 'scale');
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.clearColor(0.05, 0.06, 0.08, 1);

  return (particles: StructArray): void => {
    const pixels = Math.round(canvas.clientWidth * devicePixelRatio) || WIDTH;
    if (canvas.width !== pixels) {
      canvas.width = pixels;
      canvas.height = Math.round((pixels * HEIGHT) / WIDTH);
    }
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.uniform1f(scale, canvas.width / WIDTH);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.bufferData(gl.ARRAY_BUFFER, particles.bytes, gl.DYNAMIC_DRAW);
    const stride = particles.bytes.length / particles.length;
    for (let i = 0; i < ATTRIBUTES.length; i++) {
      gl.enableVertexAttribArray(i);
      gl.vertexAttribPointer(i, ATTRIBUTES[i].floats, gl.FLOAT, false, stride, ATTRIBUTES[i].offset);
    }
    gl.drawArrays(gl.POINTS, 0, particles.length);
  };
}

function link(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, text] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type) as WebGLShader;
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(`${gl.getShaderInfoLog(shader)}`);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(`${gl.getProgramInfoLog(program)}`);
  return program;
}
