import { HostFailure } from "../../../modules/host.ts";
import { DeviceFailure } from "../engine/failure.ts";
import { SlotRefused } from "./slots.ts";

/** Whether it is the device's, and not the simulator's own bug. */
export function isDeviceFailure(failure: unknown): boolean {
	return failure instanceof DeviceFailure || failure instanceof SlotRefused || failure instanceof HostFailure;
}

/** A failure as fields of an event: its reason in words, and the figures it brings. */
export function failureFields(failure: unknown): Readonly<Record<string, string | number>> {
	if (!(failure instanceof DeviceFailure)) return { reason: "host", explanation: (failure as Error).message };
	const { reason, explanation, figures } = failure;
	const fields: Record<string, string | number> = { reason };
	if (explanation !== "") fields.explanation = explanation;
	if (figures === undefined) return fields;
	const { slots, chunks, stack, keys, ramBytes, computrons } = figures;
	for (const [name, use] of Object.entries({ slots, chunks, stack, keys, ramBytes })) {
		fields[`${name}Used`] = use.used;
		fields[`${name}Limit`] = use.limit;
	}
	return { ...fields, computrons };
}
