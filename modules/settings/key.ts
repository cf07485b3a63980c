/**
 * Keys: integers from 1 to keyMax. A number is a slot entry of 4 bytes in the index and one comparison, where a string
 * is a chunk and a loop. What a key says about its value stands in the key itself, and so on flash, so that an image
 * that does not know the key treats it right: it must not bring an old session back, or show a secret.
 */

/**
 * In a key: the value is never an older one. It is in no snapshot, restore() leaves it alone, and where flash is found
 * to be damaged, it is lost rather than guessed. For DTLS sessions, counters, download progress.
 */
export const liveKey = 0x2000_0000;

/** In a key: the value is sealed on flash, if the store was given a key for it. */
export const secretKey = 0x1000_0000;

/** 28 bits to name what it is, and the two above. */
export const keyMax = 0x3fff_ffff;

/** The schema version of all values: migration's own, hidden from nextKey(). */
export const schemaKey = 0;
