import application from "../../../src/main.ts";
import { board } from "./board.ts";
import { chipHost } from "./host.ts";

/** The entry of the reference device where the SDK's tools linked it. Runs in RAM, at boot; all else is in ROM. */
application(chipHost(board));
