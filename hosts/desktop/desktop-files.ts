/**
 * Files of the simulated device, in one folder of the user's (README.md says which); desktop-files.c is the other half.
 * Names are relative paths of parts made by `fileName`. All functions throw Error with the system's message.
 */

/** @returns size in bytes, or undefined when there is no such file */
export function fileSize(this: void, name: string): number | undefined {
	return native("xs_dormouse_file_size").call(this, name);
}

/** Fills `into` from byte `offset` on. @throws Error when the file ends before */
export function readFileAt(this: void, name: string, offset: number, into: Uint8Array): void {
	native("xs_dormouse_file_read").call(this, name, offset, into);
}

/** Writes `bytes` at byte `offset` of an existing file. */
export function writeFileAt(this: void, name: string, offset: number, bytes: Uint8Array): void {
	native("xs_dormouse_file_write").call(this, name, offset, bytes);
}

/** Creates the file, or replaces it: whenever power fails it holds all of the old bytes or all of the new ones. */
export function replaceFile(this: void, name: string, bytes: Uint8Array): void {
	native("xs_dormouse_file_replace").call(this, name, bytes);
}

export function removeFile(this: void, name: string): void {
	native("xs_dormouse_file_remove").call(this, name);
}

/** @returns the names of the files in `folder`, in no order */
export function listFiles(this: void, folder: string): string[] {
	return native("xs_dormouse_file_list").call(this, folder);
}

const escaped = (byte: number): string => `=${(byte + 0x100).toString(16).slice(1)}`;

/**
 * `text` as one part of a file's path: letters, digits, "_" and "-" stand for themselves, each other byte for =XX, and
 * so does the first one of what Windows takes for a device in any folder.
 */
export function fileName(text: string): string {
	const bytes = new Uint8Array(ArrayBuffer.fromString(text));
	let name = "";
	for (const byte of bytes) {
		const character = String.fromCharCode(byte);
		name += /[A-Za-z0-9_-]/.test(character) ? character : escaped(byte);
	}
	return /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i.test(name) ? escaped(bytes[0]!) + name.slice(1) : name;
}

/** `fileName`, where names that differ in capitals are two: Windows and macOS do not tell such files apart. */
export function exactFileName(text: string): string {
	return fileName(text).replace(/[A-Z]/g, (letter) => escaped(letter.charCodeAt(0)));
}

/** The text that `fileName` or `exactFileName` made `name` of. */
export function nameText(name: string): string {
	const bytes = new Uint8Array(name.length);
	let size = 0;
	for (let index = 0; index < name.length; index++) {
		if (name.charAt(index) === "=") {
			bytes[size++] = Number.parseInt(name.slice(index + 1, index + 3), 16);
			index += 2;
		} else bytes[size++] = name.charCodeAt(index);
	}
	return String.fromArrayBuffer(bytes.slice(0, size).buffer);
}
