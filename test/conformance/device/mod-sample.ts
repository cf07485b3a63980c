import type { Host } from "../../../modules/host.ts";

/** A mod that says when it comes and goes. */
export default function mod({ log }: Host): () => void {
	log.write({ event: "modStarted" });
	return () => log.write({ event: "modStopped" });
}
