import type { AttributeSet } from "./attributes.ts";
import { together } from "./observation-timing.ts";
import type { Observation, ObservationPort } from "./observed.ts";

/** What holds for an observation; of an Observe-Composite, for all of its paths together. */
export function attributesInForce(observation: Observation, port: ObservationPort): AttributeSet {
	const { parts, own } = observation.more ?? {};
	let set: AttributeSet;
	let isConfirmed: boolean;
	if (parts === undefined) {
		set = own === undefined ? port.attributesInForce(observation) : { ...port.defaults, ...own };
		isConfirmed = port.isConfirmable(observation);
	} else {
		for (let index = 0; index < parts.length; index++) {
			const part = parts[index]!;
			part.attributes = port.attributesInForce(part);
		}
		const sets = parts.map(({ attributes = {} }) => attributes);
		// gt, lt, st and edge of the paths stay in force: an Observe-Composite can not name them.
		set = own === undefined ? together(sets) : { ...port.defaults, ...own };
		isConfirmed = parts.some((part) => port.isConfirmable(part));
	}
	return own === undefined && isConfirmed && set.con !== 1 ? { ...set, con: 1 } : set;
}
