import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Kept, Kind, Store } from "./store.ts";
import { StoreRefused } from "./store.ts";

/** Of node-sqlite3-wasm, what is used here. */
interface Database {
	exec(sql: string): void;
	all(sql: string, values?: readonly unknown[]): Record<string, unknown>[];
	run(sql: string, values?: readonly unknown[]): unknown;
	close(): void;
}

export interface SqliteStoreOptions {
	readonly file: string;
	/** Something could not be written, and is tried again with what comes next. */
	failed?(why: string): void;
}

/** Of the tables, in `PRAGMA user_version`. */
const formatVersion = 1;

/**
 * A store in an SQLite file. Whatever is asked for in one turn of the event loop is one transaction at its end: a crash
 * loses the last turn at most, and leaves no half of one. One process at a time; the file is its owner's alone, since
 * there are keys in it.
 */
export class SqliteStore implements Store {
	readonly #options: SqliteStoreOptions;
	readonly #database: Database;
	/** Kind and key → value, undefined for one that goes. */
	readonly #waiting = new Map<string, { kind: Kind; key: string; value: Kept | undefined }>();
	#flushing: NodeJS.Immediate | undefined;

	/** @throws StoreRefused */
	constructor(options: SqliteStoreOptions) {
		this.#options = options;
		takeOwnership(options.file);
		try {
			this.#database = openDatabase(options.file);
		} catch (cause) {
			rmSync(ownerFile(options.file), { force: true });
			throw cause instanceof StoreRefused ? cause : refusal(options.file, cause);
		}
	}

	all(kind: Kind): readonly (readonly [string, Kept])[] {
		this.flush();
		const rows = this.#database.all("SELECT key, value FROM kept WHERE kind = ? ORDER BY key", [kind]);
		return rows.map(({ key, value }) => [String(key), JSON.parse(String(value)) as Kept]);
	}

	put(kind: Kind, key: string, value: Kept): void {
		this.#wait(kind, key, value);
	}

	remove(kind: Kind, key: string): void {
		this.#wait(kind, key, undefined);
	}

	flush(): void {
		clearImmediate(this.#flushing);
		this.#flushing = undefined;
		if (this.#waiting.size === 0) return;
		try {
			this.#write();
			this.#waiting.clear();
		} catch (error) {
			this.#options.failed?.(`${this.#options.file} can not be written: ${(error as Error).message}`);
		}
	}

	close(): void {
		this.flush();
		this.#database.close();
		rmSync(ownerFile(this.#options.file), { force: true });
	}

	#wait(kind: Kind, key: string, value: Kept | undefined): void {
		this.#waiting.set(`${kind} ${key}`, { kind, key, value });
		this.#flushing ??= setImmediate(() => this.flush());
	}

	#write(): void {
		this.#database.exec("BEGIN IMMEDIATE");
		try {
			for (const { kind, key, value } of this.#waiting.values()) {
				if (value === undefined) this.#database.run("DELETE FROM kept WHERE kind = ? AND key = ?", [kind, key]);
				else {
					const text = JSON.stringify(value);
					this.#database.run("INSERT OR REPLACE INTO kept (kind, key, value) VALUES (?, ?, ?)", [kind, key, text]);
				}
			}
			this.#database.exec("COMMIT");
		} catch (error) {
			this.#database.exec("ROLLBACK");
			throw error;
		}
	}
}

function openDatabase(file: string): Database {
	// CommonJS: an import would be read, by whoever never keeps anything, too.
	const sqlite = createRequire(import.meta.url)("node-sqlite3-wasm") as { Database: new (file: string) => Database };
	const database = new sqlite.Database(file);
	try {
		const version = Number(database.all("PRAGMA user_version")[0]!.user_version);
		if (version > formatVersion) throw new StoreRefused(`${file} was written by a later version of this server`);
		database.exec(
			"CREATE TABLE IF NOT EXISTS kept (kind TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (kind, key))",
		);
		database.exec(`PRAGMA user_version = ${formatVersion}`);
		chmodSync(file, 0o600);
		return database;
	} catch (error) {
		database.close();
		throw error;
	}
}

function refusal(file: string, cause: unknown): StoreRefused {
	return new StoreRefused(`${file} can not be used as a store: ${(cause as Error).message}`);
}

const ownerFile = (file: string) => `${file}.owner`;

/**
 * Writes down who uses the file. The library's own lock is a folder, which a process that was killed leaves behind: it
 * goes with the process that left it.
 */
function takeOwnership(file: string): void {
	const owner = ownerFile(file);
	try {
		if (existsSync(owner)) {
			const pid = Number(readFileSync(owner, "utf8"));
			if (isAlive(pid)) {
				throw new StoreRefused(`${file} is used by process ${pid}; if that is no server, remove ${owner}`);
			}
			rmSync(owner, { force: true });
			rmSync(`${file}.lock`, { recursive: true, force: true });
		}
		writeFileSync(owner, `${process.pid}\n`, { flag: "wx" });
	} catch (cause) {
		throw cause instanceof StoreRefused ? cause : refusal(file, cause);
	}
}

function isAlive(pid: number): boolean {
	if (!Number.isSafeInteger(pid) || pid <= 0) return false;
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}
