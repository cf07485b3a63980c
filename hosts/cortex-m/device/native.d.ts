/** What hosts/psa says to bind TypeScript to C; on this board tools/image.ts makes functions of `board` of it. */

/** A C function of the image, by its name. */
declare function native(name: string): { call<Result>(self: unknown, ...parameters: unknown[]): Result };

/** The base class of an object with C data; `name` is its destructor. */
declare function Native(name: string): new () => object;
