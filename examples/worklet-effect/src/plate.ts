// The plate as a node of Web Audio: for a context that plays, and for one that renders.
import type { ParameterName, Report } from './parameters';
import workletUrl from './worklet?worker&url';

export async function createPlate(context: BaseAudioContext): Promise<AudioWorkletNode> {
  await context.audioWorklet.addModule(workletUrl);
  return new AudioWorkletNode(context, 'plate', {
    channelCount: 2,
    channelCountMode: 'explicit',
    outputChannelCount: [2],
  });
}

export const parameterOf = (node: AudioWorkletNode, name: ParameterName) => node.parameters.get(name) as AudioParam;

export function ask(node: AudioWorkletNode): Promise<Report> {
  return new Promise((resolve) => {
    node.port.onmessage = ({ data }: MessageEvent<Report>) => resolve(data);
    node.port.postMessage('report');
  });
}
