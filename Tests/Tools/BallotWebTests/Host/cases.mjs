// Runs test cases in whatever host loads this: Node.js, or a browser's Worker. A case is either a list
// of calls of the module's exports with raw inputs, or one call of the JavaScript face.

import {loadBallotModule, Refusal} from "/ballot.mjs"

const hexadecimal = (bytes) =>
    Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
const bytesOf = (text) =>
    Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

/** Bytes travel in JSON as {"bytes": "00ff"}. */
const revived = (value) => {
    if (Array.isArray(value)) return value.map(revived)
    if (value === null || typeof value !== "object") return value
    if (typeof value.bytes === "string") return bytesOf(value.bytes)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revived(inner)]))
}
const written = (value) => {
    if (value instanceof Uint8Array) return {bytes: hexadecimal(value)}
    if (Array.isArray(value)) return value.map(written)
    if (value === null || typeof value !== "object") return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, written(inner)]))
}

/** Gives the bytes of a case in order, and fails when they are used up. */
function recorded(text) {
    const bytes = bytesOf(text)
    let position = 0
    return (target) => {
        if (position + target.length > bytes.length) throw new Error("no random bytes are left")
        target.set(bytes.subarray(position, position + target.length))
        position += target.length
    }
}

async function exportsOf(module, random) {
    const fill = recorded(random)
    const instance = await WebAssembly.instantiate(module, {
        host: {
            random: (pointer, size) =>
                fill(new Uint8Array(instance.exports.memory.buffer, pointer, size)),
        },
    })
    return instance.exports
}

/** Calls exports by their names, without the JavaScript face. */
async function callRaw(module, {random, steps}) {
    const wasm = await exportsOf(module, random)
    return steps.map((step) => {
        const input = bytesOf(step.input)
        const pointer = wasm.allocate(input.length)
        if (pointer === 0) return {status: -1, output: ""}
        new Uint8Array(wasm.memory.buffer, pointer, input.length).set(input)
        const status = wasm[step.function](pointer, input.length)
        const output = new Uint8Array(wasm.memory.buffer, wasm.output(), wasm["output-size"]())
        const answer = {status, output: hexadecimal(output)}
        wasm.finish()
        return answer
    })
}

/** Calls that a test makes of more than one step. */
const scripts = {
    /** A ballot by way of the tracker, and what is left of the encryption then. */
    castOnce(ballots, vote) {
        const encryption = ballots.encrypt(vote)
        const wire = encryption.cast()
        return {...shown(encryption), wire, again: refusalOf(() => encryption.challenge())}
    },
    /** An opening instead of a ballot, and what is left of the encryption then. */
    challengeOnce(ballots, vote) {
        const encryption = ballots.encrypt(vote)
        const opening = encryption.challenge()
        return {...shown(encryption), opening, again: refusalOf(() => encryption.cast())}
    },
    /** More encryptions than may wait. */
    waitTooLong(ballots, vote) {
        for (let count = 0; count < 16; count += 1) ballots.encrypt(vote)
        return refusalOf(() => ballots.encrypt(vote))
    },
    /** After the host's random source failed, a new instance answers, and the old one is gone. */
    async failAndStart(ballots, vote, other) {
        const encryption = ballots.encrypt(vote)
        const failures = []
        try {
            for (let count = 0; count < 100; count += 1) ballots.encryptProveSign(vote)
        } catch (error) {
            failures.push(String(error.message))
        }
        try {
            encryption.cast()
        } catch (error) {
            failures.push(String(error.message))
        }
        await ballots.start()
        failures.push(refusalOf(() => encryption.cast()))
        return {failures, ...ballots.verifyBallot(other.rules, other.wire)}
    },
    /** Milliseconds of one ballot: the median of `rounds` rounds of ten, after a first one. */
    timeMaking(ballots, vote, rounds) {
        const times = []
        for (let round = 0; round <= rounds; round += 1) {
            const start = performance.now()
            for (let made = 0; made < 10; made += 1) ballots.encryptProveSign(vote)
            times.push((performance.now() - start) / 10)
        }
        return times.slice(1).sort((a, b) => a - b)[Math.floor(rounds / 2)]
    },
    /** Many ballots in one instance: freed memory is used again. */
    makeMany(ballots, vote, count) {
        const wires = new Set()
        for (let made = 0; made < count; made += 1) {
            wires.add(hexadecimal(ballots.encryptProveSign(vote).wire))
        }
        return wires.size
    },
}

const shown = ({tracker, trackingCode}) => ({tracker, trackingCode})
const refusalOf = (body) => {
    try {
        body()
        return null
    } catch (error) {
        return error instanceof Refusal ? error.code : String(error.message)
    }
}

async function callFace(module, {random, call, values}) {
    const host = random === undefined ? {} : {random: recorded(random)}
    const ballots = await loadBallotModule(module, host)
    try {
        const inputs = revived(values)
        const answer = call in scripts
            ? await scripts[call](ballots, ...inputs) : ballots[call](...inputs)
        return {answer: written(answer === undefined ? null : answer)}
    } catch (error) {
        if (error instanceof Refusal) return {refusal: error.code}
        return {error: `${error.name}: ${error.message}`}
    }
}

/** What became of blocks that were freed: how many bytes of a secret are found in memory. */
async function remains(module, {random, steps, secret}) {
    const wasm = await exportsOf(module, random)
    for (const step of steps) {
        const input = bytesOf(step.input)
        const pointer = wasm.allocate(input.length)
        new Uint8Array(wasm.memory.buffer, pointer, input.length).set(input)
        wasm[step.function](pointer, input.length)
        wasm.finish()
    }
    return hexadecimal(new Uint8Array(wasm.memory.buffer)).split(secret).length - 1
}

/**
 * Runs all cases and says what came out under each name.
 * @param {BufferSource} wasm
 * @param {object[]} cases
 */
export async function runCases(wasm, cases) {
    const module = await WebAssembly.compile(wasm)
    const results = {
        imports: WebAssembly.Module.imports(module)
            .map(({module, name, kind}) => `${kind} ${module}.${name}`),
        exports: WebAssembly.Module.exports(module).map(({name}) => name),
        heapBase: (await exportsOf(module, "")).__heap_base.value,
        memorySize: (await exportsOf(module, "")).memory.buffer.byteLength,
    }
    for (const one of cases) {
        if (one.secret) results[one.name] = await remains(module, one)
        else if (one.steps) results[one.name] = await callRaw(module, one)
        else results[one.name] = await callFace(module, one)
    }
    return results
}
