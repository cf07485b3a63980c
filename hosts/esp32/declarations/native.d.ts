/**
 * What the SDK's own declarations (xs/includes/xs.d.ts) say about C behind TypeScript, as far as it is used here: the
 * published @moddable/typings lack it. Read by `tsc -p hosts/desktop`, never by mcconfig.
 */

/** A C function of the image, by its name. */
declare function native(name: string): { call<Result>(self: unknown, ...parameters: unknown[]): Result };

/** The base class of an object with C data; `name` is its destructor. */
declare function Native(name: string): new () => object;
