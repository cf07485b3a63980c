import { rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** How long a lock may stand without a sign of life before others take it over. */
const abandonedMs = 20_000;
const heartbeatMs = 2000;
const askEveryMs = 200;

/**
 * Lets one process make what several want at once; the others wait until it is there. The maker's sign of life is
 * the lock file's time; a lock whose owner died is taken over. Makers must write whole files (to another name, then
 * rename), for which two at once do no harm.
 * @param find returns what is wanted, once somebody made it
 */
export async function makeOnce<T>(lock: string, find: () => T | undefined, make: () => Promise<T>): Promise<T> {
	while (!take(lock)) {
		await sleep(askEveryMs);
		const found = find();
		if (found !== undefined) return found;
		const status = statSync(lock, { throwIfNoEntry: false });
		if (status !== undefined && Date.now() - status.mtimeMs > abandonedMs) rmSync(lock, { force: true });
	}
	const heartbeat = setInterval(() => touch(lock), heartbeatMs);
	try {
		return find() ?? (await make());
	} finally {
		clearInterval(heartbeat);
		rmSync(lock, { force: true });
	}
}

function take(lock: string): boolean {
	try {
		writeFileSync(lock, String(process.pid), { flag: "wx" });
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
		throw error;
	}
}

function touch(lock: string): void {
	try {
		utimesSync(lock, new Date(), new Date());
	} catch {
		// Somebody took it over, because this process was stopped for long: they make the same.
	}
}
