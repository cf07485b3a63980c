// The boot loader of `npm run desktop`: hosts/desktop/launcher, over the partitions that the host's manifest names.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build, root } from "./build.mjs";

/** Three tries, ten minutes, as the simulated boards have it. */
const usualTrialS = 600;
const bootsMax = 3;

/** The products that images of this computer's device are for: what one runs is nothing for the other. */
const productNames = { lin: "dormouse-desktop", win: "dormouse-windows" };

/** Signs this checkout's images; it protects nothing. */
const keyFile = join(root, "build/keys/desktop.pem");

const launcher = async (file) => import(join(root, "build/js/hosts/desktop/launcher", file));

/**
 * @param {{ state: string, trial?: string }} options as of `npm run desktop`
 * @returns {Promise<import("../hosts/desktop/launcher/boot.ts").DesktopBoot>}
 */
export async function openBoot({ state, trial }) {
	await build();
	const { DesktopBoot } = await launcher("boot.js");
	const { developmentKey } = await launcher("image-writer.js");
	const { flash } = JSON.parse(readFileSync(join(root, "hosts/desktop/manifest.json"), "utf8")).config;
	const rules = { bootsMax, trialMs: Number(trial ?? usualTrialS) * 1000 };
	return new DesktopBoot({ state, partitions: flash, trusted: developmentKey(keyFile), rules });
}

/**
 * Makes the image of a program for a slot, signed with this checkout's key.
 * @param {string} program path of the mc.so, or of the mc.dll
 * @param {{ version?: string, counter?: string, windows?: boolean }} options as of `npm run desktop`
 */
export async function imageOf(program, { version, counter = "0", windows = false }) {
	await build();
	const { developmentKey, writeImage } = await launcher("image-writer.js");
	const { product } = await import(join(root, "build/js/src/product.js"));
	return writeImage(readFileSync(program), {
		name: productNames[windows ? "win" : "lin"],
		version: version ?? product.firmwareVersion,
		securityCounter: Number(counter),
		key: developmentKey(keyFile),
	});
}
