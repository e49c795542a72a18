// The JavaScript face of the ballot module: makes, opens and checks ballots, credentials, receipts and
// tallies in a browser (also in a Worker) or in Node.js 18 and later. It has no dependency, keeps
// nothing, and talks to nobody; random bytes come from `crypto.getRandomValues` alone.
//
// Bytes are Uint8Array, counts and indices are numbers, 64-bit values are numbers as well and refused
// above 2^53. A refusal is a `Refusal` with the protocol's name for it, such as "E_PROOF". After any
// other error the instance is discarded with all it holds, and the next call gets a fresh one.

/**
 * Why an answer was refused.
 * @property {string} code the protocol's name (PROTOCOL.md 7.11 and appendix A), such as "E_PROOF"
 */
export class Refusal extends Error {
    /** @param {string} code */
    constructor(code) {
        super(code)
        this.name = "Refusal"
        this.code = code
    }
}

/**
 * @typedef {object} Shape A contest as the election document describes it.
 * @property {number} options how many options it has, 1 to 64
 * @property {number} min the fewest that may be chosen
 * @property {number} max the most that may be chosen
 * @property {boolean} blank whether a blank vote is offered and counted
 *
 * @typedef {Shape & {index: number}} Contest A contest at its place in the document.
 *
 * @typedef {object} Rules What ballots of one style are made and checked by.
 * @property {Uint8Array} electionID 32 bytes
 * @property {number} style the style's number
 * @property {Contest[]} contests in the order of the style
 * @property {Uint8Array} keys the election's keys in canonical form
 *
 * @typedef {object} Credential
 * @property {Uint8Array} seed 32 bytes, secret: store it before anything made of it leaves the device
 * @property {Uint8Array} electionID 32 bytes
 * @property {number} style
 *
 * @typedef {"blank" | number[]} Choice the chosen options, from 0, or "blank"
 *
 * @typedef {object} Vote
 * @property {Rules} rules
 * @property {Uint8Array} seed the credential's
 * @property {number} [sequence] 1 for a first ballot
 * @property {Uint8Array} [previous] the ballotID being replaced; zeros for a first ballot
 * @property {Choice[]} choices one for each contest, in the order of the style
 *
 * @typedef {object} Encryption An encryption that waits for the voter's word. It can be used once.
 * @property {Uint8Array} tracker
 * @property {string} trackingCode what the voter writes down
 * @property {() => Uint8Array} cast proves and signs: the ballot's wire
 * @property {() => Uint8Array} challenge opens it for a second device: it can never be cast then
 * @property {() => void} discard forgets it
 */

/** Bytes that one call may take; the module refuses more. */
const inputLimit = 262144
/** Bytes that `crypto.getRandomValues` gives at once. */
const randomPiece = 65536

/**
 * Loads the module.
 * @param {BufferSource | WebAssembly.Module | Response | PromiseLike<Response>} source
 *   `ballot.wasm`: its bytes, the compiled module, or the answer to a request for it
 * @param {{random?: (bytes: Uint8Array) => void}} [host] a random source of a test instead of the
 *   browser's
 * @returns {Promise<BallotModule>}
 */
export async function loadBallotModule(source, host = {}) {
    const given = await source
    let module
    if (given instanceof WebAssembly.Module) {
        module = given
    } else if (typeof Response !== "undefined" && given instanceof Response) {
        module = await WebAssembly.compile(await given.arrayBuffer())
    } else {
        module = await WebAssembly.compile(given)
    }
    const ballots = new BallotModule(module, host.random ?? await systemRandom())
    await ballots.start()
    return ballots
}

/** The browser's source of random bytes. Node.js 18 has the same one, but not as a global. */
async function systemRandom() {
    const source = globalThis.crypto ?? (await import("node:crypto")).webcrypto
    return (bytes) => {
        for (let start = 0; start < bytes.length; start += randomPiece) {
            source.getRandomValues(bytes.subarray(start, start + randomPiece))
        }
    }
}

/** The functions of the module; `loadBallotModule` makes one. */
export class BallotModule {
    #module
    #random
    #exports = null
    /** Tells the encryptions of a discarded instance from those of the present one. */
    #generation = 0

    /**
     * @param {WebAssembly.Module} module
     * @param {(bytes: Uint8Array) => void} random
     */
    constructor(module, random) {
        this.#module = module
        this.#random = random
    }

    /** Makes a fresh instance if there is none: at first, and after a call that failed. */
    async start() {
        if (this.#exports) return
        const memory = () => this.#exports.memory.buffer
        const instance = await WebAssembly.instantiate(this.#module, {
            host: {
                random: (pointer, size) =>
                    this.#fill(new Uint8Array(memory(), pointer >>> 0, size >>> 0)),
            },
        })
        this.#exports = instance.exports
        this.#generation += 1
    }

    #fill(target) {
        // Not into the module's memory itself, which may be of a kind that the source refuses.
        const bytes = new Uint8Array(target.length)
        this.#random(bytes)
        target.set(bytes)
        bytes.fill(0)
    }

    /**
     * Calls an export with an input in the canonical encoding.
     * @param {string} name
     * @param {Writer} input wiped by the call
     * @returns {Reader}
     */
    #call(name, input) {
        const bytes = input.take()
        try {
            if (!this.#exports) throw new Error("the ballot module failed: await start() first")
            if (bytes.length > inputLimit) throw new Refusal("E_INPUT")
            const wasm = this.#exports
            const pointer = wasm.allocate(bytes.length)
            if (pointer === 0) throw new Error("the ballot module has no memory left")
            new Uint8Array(wasm.memory.buffer, pointer, bytes.length).set(bytes)
            const status = wasm[name](pointer, bytes.length)
            const answer = new Uint8Array(
                wasm.memory.buffer, wasm.output(), wasm["output-size"]()).slice()
            wasm.finish()
            if (status !== 0) throw new Refusal(String.fromCharCode(...answer))
            return new Reader(answer)
        } catch (error) {
            // A trap or a host's exception leaves the instance half-way: its memory is given up.
            if (!(error instanceof Refusal)) this.#exports = null
            throw error
        } finally {
            bytes.fill(0)
        }
    }

    /**
     * Makes a credential, of fresh random bytes or again of a stored seed.
     * @param {{electionID: Uint8Array, style: number, seed?: Uint8Array}} of
     * @returns {{seed: Uint8Array, credentialKey: Uint8Array}} the key is P, the voter's pseudonym
     */
    makeCredential({electionID, style, seed}) {
        const input = new Writer()
        input.optional(seed, (value) => input.fixed(value, 32))
        const answer = this.#call("make-credential", input.fixed(electionID, 32).u32(style))
        return {seed: answer.fixed(32), credentialKey: answer.fixed(32)}
    }

    /**
     * The request for a certificate. The same credential always makes the same request.
     * @param {Credential} credential
     * @param {Uint8Array} modulus the style's issuing key, 384 bytes of the election document
     * @returns {{credentialKey: Uint8Array, blindedMessage: Uint8Array}} the second is for the registrar
     */
    blind(credential, modulus) {
        const answer = this.#call("blind", new Writer().credential(credential).fixed(modulus, 384))
        return {credentialKey: answer.fixed(32), blindedMessage: answer.fixed(384)}
    }

    /**
     * Makes the certificate of the registrar's answer, and verifies it.
     * @param {Credential} credential
     * @param {Uint8Array} modulus
     * @param {Uint8Array} blindSignature 384 bytes
     * @returns {Uint8Array} 384 bytes
     */
    unblind(credential, modulus, blindSignature) {
        const input = new Writer().credential(credential).fixed(modulus, 384)
        return this.#call("unblind", input.fixed(blindSignature, 384)).fixed(384)
    }

    /**
     * Checks the certificate of a voter's key; throws E_CERT.
     * @param {{electionID: Uint8Array, style: number, credentialKey: Uint8Array,
     *   modulus: Uint8Array, certificate: Uint8Array}} of
     */
    verifyCertificate({electionID, style, credentialKey, modulus, certificate}) {
        const input = new Writer().fixed(electionID, 32).u32(style).fixed(credentialKey, 32)
        this.#call("verify-certificate", input.fixed(modulus, 384).fixed(certificate, 384))
    }

    /**
     * Encrypts a vote. The tracking code is shown to the voter before anything is decided.
     * @param {Vote} vote
     * @returns {Encryption}
     */
    encrypt(vote) {
        const answer = this.#call("encrypt", new Writer().vote(vote))
        const handle = answer.u32()
        const tracker = answer.fixed(32)
        const trackingCode = answer.text()
        const generation = this.#generation
        const use = (name) => {
            if (generation !== this.#generation) throw new Refusal("E_ENCRYPTION")
            return this.#call(name, new Writer().u32(handle)).rest()
        }
        return {
            tracker, trackingCode,
            cast: () => use("cast"),
            challenge: () => use("challenge"),
            discard: () => { use("discard") },
        }
    }

    /**
     * Encrypts, proves and signs in one step, for a voter who wants no challenge.
     * @param {Vote} vote
     * @returns {{tracker: Uint8Array, trackingCode: string, wire: Uint8Array}}
     */
    encryptProveSign(vote) {
        const answer = this.#call("encrypt-prove-sign", new Writer().vote(vote))
        return {tracker: answer.fixed(32), trackingCode: answer.text(), wire: answer.rest()}
    }

    /**
     * Proves that the credential's owner spoils a challenged encryption.
     * @param {Credential} credential
     * @param {Uint8Array} tracker 32 bytes
     * @returns {Uint8Array} P, tracker and proof, 128 bytes, as a spoil transaction carries them
     */
    spoil(credential, tracker) {
        return this.#call("spoil", new Writer().credential(credential).fixed(tracker, 32)).fixed(128)
    }

    /**
     * Checks form and proof of a ballot.
     * @param {Rules} rules
     * @param {Uint8Array} wire
     * @returns {{credentialKey: Uint8Array, sequence: number, previous: Uint8Array,
     *   tracker: Uint8Array, ballotID: Uint8Array}}
     */
    verifyBallot(rules, wire) {
        const answer = this.#call("verify-ballot", new Writer().rules(rules).variable(wire))
        return {
            credentialKey: answer.fixed(32), sequence: answer.u32(), previous: answer.fixed(32),
            tracker: answer.fixed(32), ballotID: answer.fixed(32),
        }
    }

    /**
     * Checks, on a second device, what an opened encryption holds.
     * @param {Rules} rules
     * @param {Uint8Array} opening
     * @returns {{tracker: Uint8Array, trackingCode: string, choices: Choice[]}}
     */
    verifyOpening(rules, opening) {
        const answer = this.#call("verify-opening", new Writer().rules(rules).raw(opening))
        return {
            tracker: answer.fixed(32), trackingCode: answer.text(),
            choices: answer.list(() =>
                answer.u8() === 1 ? "blank" : answer.list(() => answer.u32())),
        }
    }

    /**
     * Whom the receipts of a chain are judged by.
     * @param {Uint8Array} chainID 32 bytes, as the commission published it
     * @param {Uint8Array} genesis the genesis document in canonical form
     * @returns {Uint8Array} a policy file
     */
    trustPolicy(chainID, genesis) {
        const input = new Writer().fixed(chainID, 32).variable(genesis)
        return this.#call("trust-policy", input).rest()
    }

    /**
     * Checks that a ballot is in the log that a quorum of the validators vouches for.
     * @param {{policy: Uint8Array, receipt: Uint8Array, transaction: Uint8Array,
     *   credentialKey?: Uint8Array}} of the transaction is what the device kept when it cast
     * @returns {{electionID: Uint8Array, style: number, credentialKey: Uint8Array, sequence: number,
     *   ballotID: Uint8Array, transactionID: Uint8Array, tracker: Uint8Array, trackingCode: string,
     *   index: number, logSize: number, logRoot: Uint8Array,
     *   cosigners: {name: string, time: number}[]}} times in seconds since 1970
     */
    verifyReceipt({policy, receipt, transaction, credentialKey}) {
        const input = new Writer().variable(policy).variable(receipt).variable(transaction)
        input.optional(credentialKey, (value) => input.fixed(value, 32))
        const answer = this.#call("verify-receipt", input)
        return {
            electionID: answer.fixed(32), style: answer.u32(), credentialKey: answer.fixed(32),
            sequence: answer.u32(), ballotID: answer.fixed(32), transactionID: answer.fixed(32),
            tracker: answer.fixed(32), trackingCode: answer.text(), index: answer.u64(),
            logSize: answer.u64(), logRoot: answer.fixed(32),
            cosigners: answer.list(() => ({name: answer.text(), time: answer.u64()})),
        }
    }

    /**
     * Checks the shares of a decrypted unit and what they decrypt to.
     * @param {{electionID: Uint8Array, unit: number, shape: Shape, total: Uint8Array,
     *   keys: Uint8Array, shares: {trustee: number, decryption: Uint8Array}[], counts?: number[]}} of
     *   total, keys and partial decryptions in canonical form; counts as published, if they are
     * @returns {number[]} one count for each option, then the blank if it is counted
     */
    verifyTally({electionID, unit, shape, total, keys, shares, counts}) {
        const input = new Writer().fixed(electionID, 32).u32(unit).shape(shape).raw(total).raw(keys)
        input.list(shares, (share) => input.u32(share.trustee).raw(share.decryption))
        input.optional(counts, (value) => input.list(value, (count) => input.u64(count)))
        const answer = this.#call("verify-tally", input)
        return answer.list(() => answer.u64())
    }
}

/** Writes the canonical encoding: big-endian integers, byte strings and lists with u32 lengths. */
class Writer {
    #bytes = new Uint8Array(1024)
    #size = 0

    /** What was written. The writer keeps nothing of it. */
    take() {
        const bytes = this.#bytes.slice(0, this.#size)
        this.#bytes.fill(0)
        this.#size = 0
        return bytes
    }

    raw(value) {
        if (!(value instanceof Uint8Array)) throw new TypeError("bytes are a Uint8Array")
        if (this.#size + value.length > this.#bytes.length) {
            const larger = new Uint8Array(2 * (this.#size + value.length))
            larger.set(this.#bytes)
            this.#bytes.fill(0)
            this.#bytes = larger
        }
        this.#bytes.set(value, this.#size)
        this.#size += value.length
        return this
    }

    fixed(value, size) {
        if (!(value instanceof Uint8Array) || value.length !== size) {
            throw new TypeError(`${size} bytes are asked for`)
        }
        return this.raw(value)
    }

    u8(value) { return this.raw(Uint8Array.of(value)) }

    u32(value) {
        if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
            throw new RangeError("a number is not a whole one of 32 bits")
        }
        return this.raw(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value))
    }

    u64(value) {
        if (!Number.isSafeInteger(value) || value < 0) {
            throw new RangeError("a number is not a whole one below 2^53")
        }
        return this.u32(Math.floor(value / 2 ** 32)).u32(value % 2 ** 32)
    }

    variable(value) { return this.u32(value.length).raw(value) }

    optional(value, write) {
        this.u8(value === undefined ? 0 : 1)
        if (value !== undefined) write(value)
        return this
    }

    list(values, write) {
        this.u32(values.length)
        for (const value of values) write(value)
        return this
    }

    shape({options, min, max, blank}) {
        return this.u32(options).u32(min).u32(max).u8(blank ? 1 : 0)
    }

    rules({electionID, style, contests, keys}) {
        this.fixed(electionID, 32).u32(style)
        this.list(contests, (contest) => this.u32(contest.index).shape(contest))
        return this.raw(keys)
    }

    credential({seed, electionID, style}) {
        return this.fixed(seed, 32).fixed(electionID, 32).u32(style)
    }

    vote({rules, seed, sequence = 1, previous = new Uint8Array(32), choices}) {
        this.rules(rules).fixed(seed, 32).u32(sequence).fixed(previous, 32)
        return this.list(choices, (choice) => {
            if (choice === "blank") return this.u8(1)
            return this.u8(0).list(choice, (option) => this.u32(option))
        })
    }
}

/** Reads the module's answers, which are in the same encoding. */
class Reader {
    #bytes
    #position = 0

    /** @param {Uint8Array} bytes */
    constructor(bytes) { this.#bytes = bytes }

    fixed(size) {
        if (this.#position + size > this.#bytes.length) throw new Error("an answer is cut short")
        this.#position += size
        return this.#bytes.slice(this.#position - size, this.#position)
    }

    rest() { return this.fixed(this.#bytes.length - this.#position) }

    u8() { return this.fixed(1)[0] }

    u32() { return this.fixed(4).reduce((value, byte) => value * 256 + byte, 0) }

    u64() {
        const value = this.u32() * 2 ** 32 + this.u32()
        if (!Number.isSafeInteger(value)) throw new RangeError("a number is above 2^53")
        return value
    }

    text() { return new TextDecoder().decode(this.fixed(this.u32())) }

    list(read) { return Array.from({length: this.u32()}, read) }
}
