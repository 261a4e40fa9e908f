// What a page can learn about the JavaScript heap. Chromium shows its size (exactly only with the switch
// --enable-precise-memory-info); a fall from one sample to the next is a collection. Elsewhere an object that is dropped
// on purpose tells when a full collection has found it.
interface MemoryInfo {
  readonly usedJSHeapSize: number;
}

const SMOOTHING = 0.03; // weight of the newest sample
const SAME_FOR_COARSE = 40; // samples without any change: this browser rounds the size or holds it back

export class HeapWatch {
  used = 0; // bytes
  falls = 0;
  fullCollections = 0;
  growth = 0; // bytes from one sample to the next, smoothed; those with a fall between them don't count
  private same = 0;
  private seen = false;
  private readonly bell = new FinalizationRegistry<null>(() => {
    this.fullCollections++;
    this.setBell();
  });

  constructor() {
    this.setBell();
  }

  get state(): 'shown' | 'coarse' | 'hidden' {
    if (memoryInfo() === undefined) return 'hidden';
    return this.same >= SAME_FOR_COARSE ? 'coarse' : 'shown';
  }

  forgetCollections(): void {
    this.falls = 0;
    this.fullCollections = 0;
  }

  // Once in some frames and not in each: the browser makes an object for each look.
  sample(): void {
    const info = memoryInfo();
    if (info === undefined) return;
    const used = info.usedJSHeapSize;
    if (this.seen) {
      this.same = used === this.used ? this.same + 1 : 0;
      if (used < this.used) this.falls++;
      else this.growth += (used - this.used - this.growth) * SMOOTHING;
    }
    this.seen = true;
    this.used = used;
  }

  private setBell(): void {
    this.bell.register({}, null);
  }
}

function memoryInfo(): MemoryInfo | undefined {
  return (performance as { memory?: MemoryInfo }).memory;
}
