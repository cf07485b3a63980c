import { Code } from "../coap/code.ts";
import type { Request } from "../coap/received.ts";
import type { BodySink } from "../coap/stream.ts";
import { ContentFormat } from "../formats/content-format.ts";
import type { Path, PathSlot } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import { isWritable } from "./facts.ts";
import type { Instance } from "./instance.ts";
import type { Asker, OperationContext } from "./operation.ts";
import { readPath } from "./path.ts";
import { RequestRefused } from "./refusal.ts";
import { isResource, isSecret, locate } from "./target.ts";

/** An Object Instance with Resources that are never whole in RAM. */
export interface StreamedInstance extends Instance {
	/** @returns who takes the value of this Resource as it comes, its bytes alone; undefined: it is put together */
	sinkFor(name: string): BodySink | undefined;
	/** All of it has come. @throws RequestRefused */
	streamed(name: string): void;
}

/** Writes of one opaque Resource that go by blocks, taken as they come (LwM2M Core 1.1 §6.3.3, RFC 7959 §2.5). */
export interface StreamedWrites {
	/**
	 * The first block of a request is here.
	 * @returns who takes it, be it only to refuse; undefined: the body is put together, as without us
	 */
	arriving(context: OperationContext, head: Request, asker: Asker): BodySink | undefined;
	/** All of what one of our sinks took is there. @throws RequestRefused */
	written(sink: BodySink): void;
}

/** For ClientOptions.streamedWrites: Packages (Objects 5, 9), as opaque bytes or as the TLV of that one Resource. */
export const streamedWrites: StreamedWrites = frozen({
	arriving(context: OperationContext, head: Request, asker: Asker): BodySink | undefined {
		const path: PathSlot = { objectId: -1, instanceId: -1, resourceId: -1, resourceInstanceId: -1 };
		const isPut = head.code === Code.put && head.query.length === 0;
		const isTlv = head.contentFormat === ContentFormat.tlv || head.contentFormat === ContentFormat.oldTlv;
		if (!isPut || (!isTlv && head.contentFormat !== ContentFormat.opaque)) return undefined;
		if (readPath(head.path, path) !== undefined || path.resourceId < 0 || isSecret(path.objectId)) return undefined;
		try {
			return sinkAt(context, path, asker, isTlv);
		} catch (error) {
			if (error instanceof RequestRefused) return new RefusingSink(error.code);
			throw error;
		}
	},
	written(sink: BodySink): void {
		if (sink instanceof StreamedSink) sink.instance.streamed(sink.name);
	},
});

/** @throws RequestRefused */
function sinkAt(context: OperationContext, path: Path, asker: Asker, isTlv: boolean): BodySink | undefined {
	const target = locate(context.registry, path);
	if (!isResource(target) || path.resourceInstanceId >= 0 || !isWritable(target.facts)) return undefined;
	const instance = target.instance as StreamedInstance;
	const inner = "sinkFor" in instance ? instance.sinkFor(target.name) : undefined;
	if (inner === undefined) return undefined;
	asker.rights?.require("write", path.objectId, path.instanceId);
	const format = isTlv ? ContentFormat.tlv : ContentFormat.opaque;
	if (!context.formats.isReadable(format)) throw new RequestRefused(Code.unsupportedContentFormat, "format");
	return new StreamedSink(instance, target.name, inner, isTlv ? path.resourceId : -1);
}

/** Refuses a body at its first block. */
class RefusingSink implements BodySink {
	private readonly code: number;

	constructor(code: number) {
		this.code = code;
	}

	begin(): number {
		return this.code;
	}

	write(): number {
		return this.code;
	}
}

/** A body on its way to an Object Instance; of a TLV, without the header (LwM2M Core 1.1 §7.4.3). */
class StreamedSink implements BodySink {
	readonly instance: StreamedInstance;
	readonly name: string;
	private readonly inner: BodySink;
	/** The Resource whose TLV it is; -1: bare bytes. */
	private readonly resourceId: number;
	private headBytes = 0;

	constructor(instance: StreamedInstance, name: string, inner: BodySink, resourceId: number) {
		this.instance = instance;
		this.name = name;
		this.inner = inner;
		this.resourceId = resourceId;
	}

	begin(offset: number, sizeBytes: number | undefined): number | undefined {
		// The header of a TLV is 2 to 6 bytes: the least it can be is near enough for who asks whether there is room.
		return this.inner.begin(
			offset,
			this.resourceId < 0 || sizeBytes === undefined ? sizeBytes : sizeBytes - 6,
			undefined,
		);
	}

	write(offset: number, bytes: Uint8Array, at: number, end: number): number | undefined {
		if (this.resourceId < 0) return this.inner.write(offset, bytes, at, end);
		if (offset === 0) {
			this.headBytes = this.headOf(bytes, at, end);
			if (this.headBytes === 0) return Code.badRequest;
			return this.inner.write(0, bytes, at + this.headBytes, end);
		}
		return this.inner.write(offset - this.headBytes, bytes, at, end);
	}

	abandoned(): void {
		this.inner.abandoned?.();
	}

	/** How long the header of the one Resource is; 0: that is not what is there. */
	private headOf(bytes: Uint8Array, at: number, end: number): number {
		const type = bytes[at]!;
		const idBytes = (type & 0x20) === 0 ? 1 : 2;
		const lengthBytes = (type >> 3) & 3;
		const headBytes = 1 + idBytes + lengthBytes;
		if ((type & 0xc0) !== 0xc0 || at + headBytes > end) return 0;
		const id = idBytes === 1 ? bytes[at + 1]! : (bytes[at + 1]! << 8) | bytes[at + 2]!;
		return id === this.resourceId ? headBytes : 0;
	}
}
