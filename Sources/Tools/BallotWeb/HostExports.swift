#if arch(wasm32)

    import Codec
    import Ristretto

    // What the host sees: memory to put inputs into and to read answers from, and one export for each
    // function. The only import is the host's source of random bytes.

    /// Fills `size` bytes at `pointer` with `crypto.getRandomValues`.
    @_extern(wasm, module: "host", name: "random")
    @_extern(c)
    private func fillFromHost(_ pointer: UnsafeMutableRawPointer, _ size: UInt32)

    /// The host's random bytes.
    private struct HostRandom: RandomSource {
        mutating func bytes(_ count: Int) -> [UInt8] {
            unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                guard let start = buffer.baseAddress else { return }
                // SAFETY: the host writes `count` bytes, the capacity of the buffer.
                unsafe fillFromHost(start, UInt32(count))
                initialized = count
            }
        }
    }

    nonisolated(unsafe) private var session = WebSession(random: HostRandom())
    nonisolated(unsafe) private var output: UnsafeMutableRawBufferPointer?

    /// Memory for an input of `size` bytes; 0 if that is above the limit or there is none.
    @_expose(wasm, "allocate")
    @_cdecl("veche_allocate")
    func allocateInput(_ size: UInt32) -> UInt32 {
        guard size <= UInt32(WebLimits.inputSize) else { return 0 }
        var pointer: UnsafeMutableRawPointer?
        // SAFETY: the variable is written before it is read.
        guard unsafe allocate(&pointer, 16, UInt(max(size, 1))) == 0 else { return 0 }
        return UInt32(UInt(bitPattern: pointer))
    }

    /// Where the answer of the last call is.
    @_expose(wasm, "output")
    @_cdecl("veche_output")
    func outputAddress() -> UInt32 { unsafe UInt32(UInt(bitPattern: output?.baseAddress)) }

    /// How many bytes the answer of the last call has.
    @_expose(wasm, "output-size")
    @_cdecl("veche_output_size")
    func outputSize() -> UInt32 { unsafe UInt32(output?.count ?? 0) }

    /// Forgets the answer of the last call, and wipes it and the stack.
    @_expose(wasm, "finish")
    @_cdecl("veche_finish")
    func finish() {
        if let last = unsafe output { unsafe release(last.baseAddress) }
        unsafe output = nil
        wipeStack()
    }

    /// Calls a function with the input that the host wrote to `pointer`, which is freed: 0 if the answer
    /// is its output, 1 if it is the name of a refusal.
    private func call(_ function: WebFunction, _ pointer: UnsafeMutableRawPointer?, _ size: UInt32)
        -> UInt32
    {
        guard let pointer = unsafe pointer, size <= UInt32(WebLimits.inputSize) else { return 1 }
        // SAFETY: the host gives what `allocate` gave, and a size not above the one it asked for.
        let input = unsafe [UInt8](UnsafeRawBufferPointer(start: pointer, count: Int(size)))
        unsafe release(pointer)
        do throws(WebRefusal) {
            publish(try session.answer(function, to: input))
            return 0
        } catch {
            publish([UInt8](error.name.utf8))
            return 1
        }
    }

    private func publish(_ bytes: [UInt8]) {
        finish()
        var pointer: UnsafeMutableRawPointer?
        // SAFETY: the block is as long as what is copied into it.
        guard unsafe allocate(&pointer, 16, UInt(max(bytes.count, 1))) == 0,
            let start = unsafe pointer
        else {
            preconditionFailure("there is memory for an answer")
        }
        let buffer = unsafe UnsafeMutableRawBufferPointer(start: start, count: bytes.count)
        unsafe buffer.copyBytes(from: bytes)
        unsafe output = unsafe buffer
    }

    /// Wipes what calls left on the stack below this one.
    @inline(never)
    private func wipeStack() {
        var mark: UInt64 = 0
        // SAFETY: the stack begins at address 0 and grows downwards from 1 MiB, so all below this
        // function's frame is unused; 256 bytes below the mark leave that frame alone.
        unsafe withUnsafeMutablePointer(to: &mark) { pointer in
            let end = UInt(bitPattern: pointer) - 256
            guard let start = unsafe UnsafeMutableRawPointer(bitPattern: 16 as UInt), end > 16
            else {
                return
            }
            unsafe start.initializeMemory(as: UInt8.self, repeating: 0, count: Int(end - 16))
        }
    }

    @_expose(wasm, "make-credential")
    @_cdecl("veche_make_credential")
    func makeCredentialExport(_ pointer: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
        unsafe call(.makeCredential, pointer, size)
    }

    @_expose(wasm, "blind")
    @_cdecl("veche_blind")
    func blindExport(_ pointer: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
        unsafe call(.blind, pointer, size)
    }

    @_expose(wasm, "unblind")
    @_cdecl("veche_unblind")
    func unblindExport(_ pointer: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
        unsafe call(.unblind, pointer, size)
    }

    @_expose(wasm, "verify-certificate")
    @_cdecl("veche_verify_certificate")
    func verifyCertificateExport(_ pointer: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
        unsafe call(.verifyCertificate, pointer, size)
    }

    @_expose(wasm, "encrypt")
    @_cdecl("veche_encrypt")
    func encryptExport(_ pointer: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
        unsafe call(.encrypt, pointer, size)
    }

    @_expose(wasm, "cast")
    @_cdecl("veche_cast")
    func castExport(_ pointer: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
        unsafe call(.cast, pointer, size)
    }

    @_expose(wasm, "challenge")
    @_cdecl("veche_challenge")
    func challengeExport(_ pointer: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
        unsafe call(.challenge, pointer, size)
    }

    @_expose(wasm, "discard")
    @_cdecl("veche_discard")
    func discardExport(_ pointer: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
        unsafe call(.discard, pointer, size)
    }

    @_expose(wasm, "encrypt-prove-sign")
    @_cdecl("veche_encrypt_prove_sign")
    func encryptProveSignExport(_ pointer: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
        unsafe call(.encryptProveSign, pointer, size)
    }

    @_expose(wasm, "spoil")
    @_cdecl("veche_spoil")
    func spoilExport(_ pointer: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
        unsafe call(.spoil, pointer, size)
    }

    @_expose(wasm, "verify-ballot")
    @_cdecl("veche_verify_ballot")
    func verifyBallotExport(_ pointer: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
        unsafe call(.verifyBallot, pointer, size)
    }

    @_expose(wasm, "verify-opening")
    @_cdecl("veche_verify_opening")
    func verifyOpeningExport(_ pointer: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
        unsafe call(.verifyOpening, pointer, size)
    }

    @_expose(wasm, "trust-policy")
    @_cdecl("veche_trust_policy")
    func trustPolicyExport(_ pointer: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
        unsafe call(.trustPolicy, pointer, size)
    }

    @_expose(wasm, "verify-receipt")
    @_cdecl("veche_verify_receipt")
    func verifyReceiptExport(_ pointer: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
        unsafe call(.verifyReceipt, pointer, size)
    }

    @_expose(wasm, "verify-tally")
    @_cdecl("veche_verify_tally")
    func verifyTallyExport(_ pointer: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
        unsafe call(.verifyTally, pointer, size)
    }

#endif
