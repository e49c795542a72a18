// Runs cases in a headless Chromium: a page starts a Worker, which loads the module, runs the cases and
// sends back what came out.

import {spawn} from "node:child_process"
import {closeSync, mkdirSync, openSync, readFileSync} from "node:fs"
import {createServer} from "node:http"
import {dirname, join} from "node:path"
import {fileURLToPath} from "node:url"

const here = dirname(fileURLToPath(import.meta.url))
/** Milliseconds that a browser has for everything. */
const limit = 300_000

const page = `<!doctype html><meta charset="utf-8"><script type="module">
    const report = (text) => fetch("/results", {method: "POST", body: text})
    const worker = new Worker("/worker.mjs", {type: "module"})
    worker.onmessage = ({data}) => report(data)
    worker.onerror = (event) => report(JSON.stringify({failure: String(event.message)}))
</script>`
const worker = `import {runCases} from "/cases.mjs"
    const wasm = await (await fetch("/ballot.wasm")).arrayBuffer()
    const cases = await (await fetch("/cases.json")).json()
    try {
        postMessage(JSON.stringify(await runCases(wasm, cases)))
    } catch (error) {
        postMessage(JSON.stringify({failure: String(error.stack)}))
    }`
/**
 * What the page loads, by its path: type and content.
 * @param {string} built the directory of ballot.wasm and ballot.mjs
 * @param {() => string | Uint8Array} cases the cases as JSON
 */
export const filesFor = (built, cases) => ({
    "/": ["text/html", () => page],
    "/worker.mjs": ["text/javascript", () => worker],
    "/cases.mjs": ["text/javascript", () => readFileSync(join(here, "cases.mjs"))],
    "/ballot.mjs": ["text/javascript", () => readFileSync(join(built, "ballot.mjs"))],
    "/ballot.wasm": ["application/wasm", () => readFileSync(join(built, "ballot.wasm"))],
    "/cases.json": ["application/json", cases],
})

/** How often a browser is started that ends before it answered: it may, on a machine with much to do. */
const attempts = 3

class EndedEarly extends Error {}

/**
 * Serves the files to a headless Chromium with a profile of its own, and takes what it sends back.
 * @param {ReturnType<typeof filesFor>} files
 * @param {string} directory an empty directory
 * @returns {Promise<string>} the results as JSON
 */
export async function inChromium(files, directory) {
    for (let attempt = 1; ; attempt += 1) {
        try {
            return await inOneChromium(files, join(directory, `profile-${attempt}`))
        } catch (error) {
            if (!(error instanceof EndedEarly) || attempt === attempts) { throw error }
        }
    }
}

async function inOneChromium(files, profile) {
    mkdirSync(profile)
    const log = openSync(join(profile, "chromium.log"), "w")
    let report, fail
    const results = new Promise((resolve, reject) => { [report, fail] = [resolve, reject] })
    const server = createServer((request, response) => {
        if (request.method === "POST" && request.url === "/results") {
            let text = ""
            request.on("data", (piece) => { text += piece })
            request.on("end", () => { response.end(); report(text) })
            return
        }
        const file = files[request.url]
        response.writeHead(file ? 200 : 404, {"content-type": file?.[0] ?? "text/plain"})
        response.end(file?.[1]())
    })
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
    const browser = spawn("chromium", [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        `--user-data-dir=${profile}`, `http://127.0.0.1:${server.address().port}/`,
    ], {detached: true, stdio: ["ignore", "ignore", log]})
    browser.on("error", () => fail(new Error("chromium is missing: run apt-get install chromium")))
    browser.on("exit", (code, signal) => {
        const said = readFileSync(join(profile, "chromium.log"), "utf8").slice(-2000)
        fail(new EndedEarly(`chromium ended early (${signal ?? code}); it said: ${said}`))
    })
    const timer = setTimeout(() => fail(new Error("chromium gave no answer in time")), limit)
    try {
        return await results
    } finally {
        clearTimeout(timer)
        browser.removeAllListeners("exit")
        if (browser.exitCode === null && browser.pid !== undefined) {
            // Its own process group: the browser with the helpers that it started.
            const ended = new Promise((resolve) => browser.once("exit", resolve))
            try { process.kill(-browser.pid, "SIGKILL") } catch { /* it has ended by itself */ }
            await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5000))])
        }
        closeSync(log)
        server.closeAllConnections?.()
        server.close()
    }
}

