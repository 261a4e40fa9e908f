// Development packages that bring no types: as much of them as the tests use.

declare module 'baboon-image-uri' {
  const uri: string;
  export default uri;
}

declare module 'pngjs' {
  export class PNG {
    constructor(size: { width: number; height: number });
    readonly width: number;
    readonly height: number;
    /** Red, green, blue, alpha. */
    readonly data: Buffer;
    static readonly sync: {
      read(bytes: Uint8Array): PNG;
      write(picture: { width: number; height: number; data: Uint8Array }): Buffer;
    };
  }
}
