// Measures the making of a four-option ballot in headless Chromium, tracker and proof included, and
// prints one line of JSON: {"name": "make.k4.browser.ms", "value": 7.1, "unit": "ms"}.
// usage: node bench.mjs DIRECTORY-OF-BALLOT.WASM

import {mkdtempSync, readFileSync, rmSync} from "node:fs"
import {tmpdir} from "node:os"
import {join} from "node:path"

import {filesFor, inChromium} from "./chromium.mjs"

const name = "make.k4.browser.ms"
const vectors = JSON.parse(
    String(readFileSync(new URL("../../Vectors/ballot.json", import.meta.url))))
const {setupId, n, t, K, Y, verificationKeys} = vectors.dkg
const u32 = (value) => value.toString(16).padStart(8, "0")
const keys = [
    setupId, u32(n), u32(t), u32(K), ...Y, ...Object.values(verificationKeys).flat(),
].join("")
const vote = {
    rules: {
        electionID: {bytes: vectors.ballot.electionId}, style: 1,
        contests: [{index: 0, options: 4, min: 1, max: 1, blank: false}], keys: {bytes: keys},
    },
    seed: {bytes: "01".repeat(32)}, choices: [[2]],
}
const cases = JSON.stringify([{name, call: "timeMaking", values: [vote, 15]}])
const directory = mkdtempSync(join(tmpdir(), "veche-ballot-web-"))
try {
    const results = JSON.parse(await inChromium(filesFor(process.argv[2], () => cases), directory))
    const value = results[name]?.answer
    if (typeof value !== "number") throw new Error(JSON.stringify(results))
    process.stdout.write(
        `${JSON.stringify({name, value: Math.round(value * 100) / 100, unit: "ms"})}\n`)
} catch (error) {
    process.stderr.write(`${error.stack}\n`)
    process.exitCode = 1
} finally {
    rmSync(directory, {recursive: true, force: true, maxRetries: 5})
}
