import { Cast } from "./dtls-hostile-world.ts";

export const pskSuite = 0xc0a8;
export const ecdheSuite = 0xc0ae;
export const cids = { client: Uint8Array.of(7, 8, 9), server: Uint8Array.of(1, 2, 3, 4, 5, 6) };

export const psk = new Cast({ suite: pskSuite });
export const pskCid = new Cast({ suite: pskSuite, cids });
export const pskResumed = new Cast({ suite: pskSuite, isResumed: true });
export const rpk = new Cast({ suite: ecdheSuite, auth: "rpk" });
export const x509 = new Cast({ suite: ecdheSuite, auth: "x509", cids });
export const cbc = new Cast({ suite: 0x00ae });

/** With each kind of flight, each kind of record, with and without Connection IDs. */
export const everyCast = [psk, pskCid, pskResumed, rpk, x509, cbc];
