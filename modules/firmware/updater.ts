import { assert } from "../bytes.ts";
import { Code } from "../coap/code.ts";
import type { BodySink } from "../coap/stream.ts";
import { HostFailure, type SlotImage } from "../host.ts";
import type { DownloadListener } from "./download.ts";
import type { Installer, InstallerListener, UpdaterOptions, UpdateView } from "./installation.ts";
import { Intake } from "./intake.ts";
import type { KeptProgress, KeptUpdate } from "./progress.ts";
import type { PushListener } from "./push-sink.ts";
import type { WriterListener } from "./slot-writer.ts";
import { UpdateRecord } from "./update-record.ts";
import { type UpdateEvent, UpdateResult, type UpdateState, verdictResults } from "./update-table.ts";

/** How often a gate that said no is asked again by itself. */
const askAgainMs = 60_000;
const defaultStrideBytes = 1024;
/** Without a further block for EXCHANGE_LIFETIME (RFC 7252 §4.8.2) and a moment, nobody goes on with a push. */
const pushIdleMs = 250_000;
/** What follows by itself, a turn later: so that each state is there long enough to be told. */
interface Next {
	readonly event: UpdateEvent;
	readonly result: number;
	readonly why: string;
}

/**
 * One update after the other, over the table of update-table.ts: takes packages, checks them, asks the gate, has them
 * installed, and keeps in the settings where it stands. Without I/O: poll() at the end of each turn.
 */
export class Updater implements WriterListener, PushListener, DownloadListener, InstallerListener {
	private readonly options: UpdaterOptions;
	private readonly installer: Installer;
	private readonly record: UpdateRecord;
	/** Made for the first package. */
	private made: Intake | undefined;
	private next: Next | undefined;
	private dueMs = Infinity;
	private nowMs = 0;
	private deferredMs = 0;
	/** Checked once more before it is installed. */
	private isVerifying = false;
	private isAccepted = false;

	constructor(options: UpdaterOptions, installer: Installer) {
		this.options = options;
		this.installer = installer;
		installer.attach(this);
		this.record = new UpdateRecord(options);
	}

	/** The way into the store. */
	private get intake(): Intake {
		this.made ??= new Intake(this.options, this);
		return this.made;
	}

	get state(): UpdateState {
		return this.record.now.state;
	}

	/** Update Result (Object 5, Resource 5). */
	get result(): number {
		return this.record.now.result;
	}

	/** Why the last update failed, for people: "reverted.watchdog", "size"; "" while nothing has. */
	get reason(): string {
		return this.record.now.reason;
	}

	/** Severity, Maximum Defer Period and the like, as they are kept. */
	get status(): KeptUpdate {
		return this.record.now;
	}

	/** The header of the package that is there and verified; undefined while none is. */
	get image(): SlotImage | undefined {
		const { state } = this.record.now;
		const isThere = state === "downloaded" || state === "deferred" || state === "installed";
		return isThere ? this.installer.image() : undefined;
	}

	get protocols(): readonly number[] {
		return this.options.lines?.protocols ?? [];
	}

	get deadlineMs(): number {
		return Math.min(this.dueMs, this.made?.download.deadlineMs ?? Infinity, this.installer.deadlineMs);
	}

	/** @param view hears of every change from now on */
	attach(view: UpdateView): void {
		this.record.view = view;
	}

	/** Takes up what was there before the reset. */
	started(nowMs: number): void {
		this.nowMs = nowMs;
		if (!this.record.load()) return;
		const { now: kept } = this.record;
		switch (kept.state) {
			case "receiving": // a Block1 transfer does not outlive its session (RFC 7959 §2.5)
				this.soon("failed", UpdateResult.connectionLost, "reset");
				break;
			case "fetching":
				this.goOn(nowMs);
				break;
			case "deferred": {
				const nowS = this.options.clock?.wallTimeS() ?? 0;
				this.deferredMs = nowMs - (kept.changedS === 0 ? 0 : Math.max(0, nowS - kept.changedS) * 1000);
				this.dueMs = nowMs;
				break;
			}
			case "checking":
				this.dueMs = nowMs;
				break;
			case "installed":
			case "updating":
				if (this.installer.resumed(kept)) break;
				this.isVerifying = true;
				this.dueMs = nowMs;
		}
		this.record.view?.show();
	}

	/**
	 * What a server does.
	 * @param isKept with reset: the package stays in its place until another one comes
	 * @returns undefined, or the response code that refuses it
	 */
	command(event: "reset" | "update" | "cancel", isKept = false): number | undefined {
		if (this.isRefused(event)) return Code.methodNotAllowed;
		this.take(event, 0, "", isKept);
		return undefined;
	}

	/** A Package URI is written. @returns as command() */
	pull(uri: string): number | undefined {
		if (this.isRefused("pull")) return Code.methodNotAllowed;
		this.record.now = { ...this.record.now, uri };
		this.take("pull");
		return undefined;
	}

	/** Whether the table refuses this now. */
	isRefused(event: UpdateEvent): boolean {
		return this.options.table[this.state]?.[event] === "refuse";
	}

	/** Takes a pushed package: block by block, then pushed(); both as the coap module does it. */
	get sink(): BodySink {
		return this.intake.push;
	}

	/** All of a push has come. @returns as command() */
	pushed(): number | undefined {
		if (this.intake.push.isNull) return this.command("reset");
		if (this.state === "receiving" && this.next === undefined) this.fetched();
		return undefined;
	}

	/** A server, or a person, sets how this update goes. */
	configure(changes: Partial<Pick<KeptUpdate, "severity" | "maxDeferS" | "isOn">>): void {
		this.record.keep({ ...this.record.now, ...changes });
	}

	/** A person has accepted, or the machine is not busy any more: the gate is asked again in the next turn. */
	accept(): void {
		this.isAccepted = true;
		if (this.state === "deferred") this.dueMs = this.nowMs;
	}

	activated(reason: string): void {
		this.record.keep({ ...this.record.now, reason, isOn: reason === "" });
	}

	/** The installer says how it ended. */
	installed(event: "updated" | "failed" | "stuck", result: number, why: string): void {
		this.soon(event, result, why);
	}

	poll(nowMs: number): void {
		this.nowMs = nowMs;
		this.made?.download.poll(nowMs);
		this.installer.poll(nowMs);
		if (this.made?.takeMove() === true && this.state === "receiving" && this.next === undefined) {
			this.dueMs = nowMs + pushIdleMs;
		}
		if (nowMs >= this.dueMs) this.act(nowMs);
		this.record.flush();
	}

	private act(nowMs: number): void {
		this.dueMs = Infinity;
		const { next } = this;
		this.next = undefined;
		if (next !== undefined) this.take(next.event, next.result, next.why);
		else this.step(nowMs);
	}

	begins(offset: number): void {
		if (this.state === "fetching" && offset === 0) this.note();
	}

	flushed(): void {
		const { intake } = this;
		intake.hasMoved = true;
		const strideBytes = this.options.strideBytes ?? defaultStrideBytes;
		if (this.state === "fetching" && intake.writer.flushedBytes - intake.notedBytes >= strideBytes) this.note();
	}

	refused(result: number, why: string): void {
		this.soon("failed", result, why);
	}

	isPackage(): boolean {
		return this.installer.image() !== undefined;
	}

	hasRoom(sizeBytes: number | undefined): boolean {
		return this.options.hasRoom?.(sizeBytes) !== false;
	}

	pushBegins(): number | undefined {
		if (this.isRefused("push")) return Code.methodNotAllowed;
		this.take("push");
		return undefined;
	}

	pushAbandoned(): void {
		if (this.state === "receiving") this.fetchFailed(UpdateResult.connectionLost, "abandoned");
	}

	fetched(): void {
		try {
			this.intake.writer.finish();
			this.soon("whole", 0, "");
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			this.soon("failed", UpdateResult.failed, "flash");
		}
	}

	fetchFailed(result: number, why: string): void {
		if (this.next === undefined) this.soon("failed", result, why);
	}

	/** Walks the table. */
	private take(event: UpdateEvent, result = 0, why = "", isKept = false): void {
		const before = this.state;
		const cell = this.options.table[before]![event];
		assert(cell !== "impossible" && cell !== "refuse", `${event} while ${before}`);
		if (cell === "ignore") return;
		const [action, state] = cell;
		this.next = undefined;
		const { dueMs } = this;
		this.dueMs = Infinity;
		const now = { ...this.record.now, state, reason: "", isMarked: false };
		switch (action) {
			case "receive":
				this.installer.vacate?.();
				this.record.change({ ...now, result: 0 });
				break;
			case "fetch":
				this.installer.vacate?.();
				this.note();
				this.record.change({ ...now, result: 0 });
				this.intake.download.start(now.uri, this.nowMs);
				break;
			case "check":
				this.record.change(now);
				this.dueMs = this.nowMs + 1;
				break;
			case "settle":
				this.record.change(now);
				if (now.isOn) this.soon("update", 0, "");
				break;
			case "deliver":
				this.record.change(now);
				break;
			case "ask":
				this.record.change({ ...now, result: before === "deferred" ? now.result : 0 });
				this.dueMs = Math.min(dueMs, this.nowMs + 1);
				break;
			case "defer":
				this.deferredMs = this.nowMs;
				this.record.change({ ...now, result: UpdateResult.deferred });
				this.dueMs = this.nowMs + askAgainMs;
				break;
			case "install":
				this.isVerifying = true;
				this.record.change({ ...now, result: 0, hash: this.installer.image()?.hash ?? "" });
				this.dueMs = this.nowMs + 1;
				break;
			case "finish":
			case "succeed":
				this.record.change({ ...now, result: UpdateResult.updated });
				break;
			case "stay":
				this.record.change({ ...now, result, reason: why });
				break;
			default: // clear, drop, fail
				this.made?.download.stop();
				if (!isKept) this.installer.vacate?.();
				if (action === "clear") this.record.change({ ...now, uri: "", result: UpdateResult.initial });
				else if (action === "drop") this.record.change({ ...now, result: UpdateResult.cancelled });
				else this.record.change({ ...now, result, reason: why });
				this.made?.writer.clear();
				if (before !== "idle" && before !== "updating" && !isKept) this.intake.writer.remove();
		}
	}

	/** What a state does by itself, when its time has come. */
	private step(nowMs: number): void {
		const { state } = this.record.now;
		if (state === "checking" || (state === "updating" && this.isVerifying)) this.check(nowMs);
		else if (state === "receiving") this.pushAbandoned();
		else if (state === "downloaded" || state === "deferred") this.ask(nowMs);
	}

	private check(nowMs: number): void {
		const verdict = this.attempt(() => this.installer.verify());
		if (verdict === undefined) {
			if (this.next === undefined) this.dueMs = nowMs + 1;
		} else if (verdict !== "ok") this.soon("failed", verdictResults[verdict], verdict);
		else if (this.state === "checking") this.soon("sound", 0, "");
		else {
			this.isVerifying = false;
			this.attempt(() => this.installer.install(() => this.record.keep({ ...this.record.now, isMarked: true }), nowMs));
		}
	}

	private ask(nowMs: number): void {
		const { severity, maxDeferS, state } = this.record.now;
		const waitedS = state === "deferred" ? (nowMs - this.deferredMs) / 1000 : 0;
		const image = this.installer.image();
		const offer = {
			name: image?.name ?? "",
			version: image?.version ?? "",
			severity,
			maxDeferS: Math.max(0, Math.ceil(maxDeferS - waitedS)),
		};
		const answer = this.options.gate?.(offer) ?? "go";
		const isPassed = answer === "go" || (answer === "ask" && (this.isAccepted || offer.maxDeferS === 0));
		this.isAccepted = false;
		if (isPassed) this.take("go");
		else if (state === "downloaded") this.take("later");
		else {
			const leftMs = answer === "ask" ? offer.maxDeferS * 1000 : askAgainMs;
			this.dueMs = nowMs + Math.max(1, Math.min(askAgainMs, leftMs));
		}
	}

	/** Does what flash may refuse. */
	private attempt<T>(what: () => T): T | undefined {
		try {
			return what();
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			this.soon(this.state === "updating" ? "stuck" : "failed", UpdateResult.failed, "flash");
			return undefined;
		}
	}

	/** Goes on with a download after a reset. */
	private goOn(nowMs: number): void {
		const { download, writer } = this.intake;
		const progress = this.record.noted();
		if (progress?.eTag !== undefined && progress.offset > 0) {
			const { offset, sizeBytes, eTag } = progress;
			const note = (at: number) => {
				this.note({ ...progress, offset: at });
				this.record.flush();
			};
			this.attempt(() => writer.resume(offset, sizeBytes, eTag, note));
			this.intake.notedBytes = writer.flushedBytes;
		}
		this.record.log("resumed", { bytes: writer.flushedBytes });
		if (writer.takenBytes > 0 && writer.takenBytes === writer.sizeBytes) this.soon("whole", 0, "");
		if (this.next === undefined) download.start(this.record.now.uri, nowMs);
	}

	/** Has it happen in a later turn, when the state of now has been told. */
	private soon(event: UpdateEvent, result: number, why: string): void {
		this.next = { event, result, why };
		this.dueMs = this.nowMs + 1;
	}

	/** Writes down how far the package is. */
	private note(progress?: KeptProgress): void {
		const { intake } = this;
		const { flushedBytes, sizeBytes, eTag } = intake.writer;
		const now = progress ?? { offset: this.state === "fetching" ? flushedBytes : 0, sizeBytes, eTag };
		intake.notedBytes = now.offset;
		this.record.progress = now;
	}
}
