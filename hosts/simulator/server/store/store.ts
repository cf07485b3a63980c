/** What a server keeps, by kind. */
export type Kind =
	| "registration"
	| "observation"
	| "security"
	| "profile"
	| "identity"
	| "bootstrapSecurity"
	| "bootstrapConfiguration"
	| "bootstrapIdentity";

/** JSON: nothing else is kept. */
export type Kept = Readonly<Record<string, unknown>>;

/** Where servers keep what a restart is not to lose. Its calls return at once; what they ask for is done soon. */
export interface Store {
	/** Everything of one kind, in order of keys. */
	all(kind: Kind): readonly (readonly [key: string, value: Kept])[];
	put(kind: Kind, key: string, value: Kept): void;
	remove(kind: Kind, key: string): void;
	/** Does now what is still to be done. */
	flush(): void;
	close(): void;
}

/** A file that can not be used; the message is for people. */
export class StoreRefused extends Error {
	override get name() {
		return "StoreRefused";
	}
}
