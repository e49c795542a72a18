// Runs the cases of a file in a host and prints what came out, as JSON.
// usage: node run.mjs node|chromium DIRECTORY-OF-BALLOT.WASM CASES.JSON

import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs"
import {tmpdir} from "node:os"
import {join} from "node:path"
import {pathToFileURL} from "node:url"

import {filesFor, inChromium} from "./chromium.mjs"

const [host, built, casesFile] = process.argv.slice(2)
const files = filesFor(built, () => readFileSync(casesFile))

/** Runs the cases here. The files import each other as the browser's do, from one place. */
async function inNode(directory) {
    for (const name of ["cases.mjs", "ballot.mjs"]) {
        const text = String(files[`/${name}`][1]()).replace('"/ballot.mjs"', '"./ballot.mjs"')
        writeFileSync(join(directory, name), text)
    }
    const {runCases} = await import(pathToFileURL(join(directory, "cases.mjs")))
    const cases = JSON.parse(String(files["/cases.json"][1]()))
    return JSON.stringify(await runCases(files["/ballot.wasm"][1](), cases))
}

const directory = mkdtempSync(join(tmpdir(), "veche-ballot-web-"))
try {
    process.stdout.write(
        await (host === "chromium" ? inChromium(files, directory) : inNode(directory)))
} catch (error) {
    process.stderr.write(`${error.stack}\n`)
    process.exitCode = 1
} finally {
    rmSync(directory, {recursive: true, force: true, maxRetries: 5})
}
