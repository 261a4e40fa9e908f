// What a page can learn about the JavaScript heap. Chromium shows its size (exactly only with the switch
// --enable-precise-memory-info); a fall from one sample to the next is a collection. Elsewhere an object that is
// dropped on purpose tells when a full collection has found it.
interface MemoryInfo {
  readonly usedJSHeapSize: number;
}

const RISES = 32;
const SAME_FOR_COARSE = 40; // samples without any change: this browser rounds the size or holds it back

export class HeapWatch {
  used = 0; // bytes
  falls = 0;
  fullCollections = 0;
  // The last rises from one sample to the next, and the same in order of size.
  private readonly rises = new Float64Array(RISES);
  private readonly sorted = new Float64Array(RISES);
  private risen = 0;
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

  // Bytes from one sample to the next: the median, since one large buffer would drown a thousand frames.
  get growth(): number {
    this.sorted.set(this.rises);
    this.sorted.sort();
    return this.sorted[RISES / 2] as number;
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
      else this.rises[this.risen++ % RISES] = used - this.used;
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
