// Where pictures come from, beside the generated scene. Each source draws itself over the whole canvas that it was made
// for.
export interface Source {
  draw(seconds: number): void;
  stop(): void;
}

export class VideoSource implements Source {
  private constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly video: HTMLVideoElement,
    private readonly mirrored: boolean,
    private readonly release: () => void,
  ) {}

  static async camera(context: CanvasRenderingContext2D): Promise<VideoSource> {
    // Absent on pages that are neither https nor localhost.
    if (navigator.mediaDevices === undefined) {
      throw new Error('The camera needs a page served over https or from localhost.');
    }
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, facingMode: 'user' } });
    } catch (error) {
      throw new Error(deviceMessage(error, 'camera'));
    }
    const video = mutedVideo();
    video.srcObject = stream;
    const release = () => {
      for (const track of stream.getTracks()) track.stop();
    };
    try {
      await video.play();
    } catch (error) {
      release();
      throw error;
    }
    return new VideoSource(context, video, true, release);
  }

  static async file(context: CanvasRenderingContext2D, file: File): Promise<VideoSource> {
    const url = URL.createObjectURL(file);
    const video = mutedVideo();
    video.src = url;
    try {
      await video.play();
    } catch {
      URL.revokeObjectURL(url);
      throw new Error(`This browser cannot play ${file.name} (${file.type || 'of unknown type'}). Try MP4 or WebM.`);
    }
    return new VideoSource(context, video, false, () => URL.revokeObjectURL(url));
  }

  // Covers the canvas: what doesn't fit its shape is cut off evenly.
  draw(): void {
    const { context, video } = this;
    const { width, height } = context.canvas;
    if (video.videoWidth === 0) return;
    const scale = Math.max(width / video.videoWidth, height / video.videoHeight);
    const shownWidth = video.videoWidth * scale;
    const shownHeight = video.videoHeight * scale;
    if (this.mirrored) context.setTransform(-1, 0, 0, 1, width, 0);
    context.drawImage(video, (width - shownWidth) / 2, (height - shownHeight) / 2, shownWidth, shownHeight);
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  stop(): void {
    this.video.pause();
    this.video.removeAttribute('src');
    this.video.srcObject = null;
    this.release();
  }
}

// What getUserMedia's errors mean to a person.
export function deviceMessage(error: unknown, device: 'camera' | 'microphone'): string {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
      return `The ${device} is not allowed for this page. Allow it in the browser's address bar and choose it again.`;
    case 'NotFoundError':
      return `No ${device} was found. Connect one and choose it again.`;
    case 'NotReadableError':
      return `The ${device} is in use by another program.`;
    default:
      return `The ${device} did not start: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function mutedVideo(): HTMLVideoElement {
  const video = document.createElement('video');
  video.muted = true;
  video.loop = true;
  video.playsInline = true;
  return video;
}
