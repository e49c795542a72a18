package import Codec

extension LocalizedText: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(language, limit: Limits.identifier)
        writer.write(text, limit: Limits.text)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            language: try reader.readString(limit: Limits.identifier),
            text: try reader.readString(limit: Limits.text))
    }
}

extension ElectionOption: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(id, limit: Limits.identifier)
        writer.write(list: name, limit: Limits.languages)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            id: try reader.readString(limit: Limits.identifier),
            name: try reader.readList(limit: Limits.languages))
    }
}

extension Contest: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(id, limit: Limits.identifier)
        writer.write(list: question, limit: Limits.languages)
        writer.write(list: options, limit: Limits.options)
        writer.write(minimum)
        writer.write(maximum)
        writer.write(countedBlank)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            id: try reader.readString(limit: Limits.identifier),
            question: try reader.readList(limit: Limits.languages),
            options: try reader.readList(limit: Limits.options),
            minimum: try reader.readUInt32(),
            maximum: try reader.readUInt32(),
            countedBlank: try reader.readBool())
    }
}

extension BallotStyle: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(number)
        writer.write(list: name, limit: Limits.languages)
        writer.write(region, limit: Limits.name)
        writer.write(tallyUnit)
        writer.write(UInt32(contests.count))
        for contest in contests { writer.write(contest) }
        writer.write(timeZone, limit: Limits.identifier)
        startOfIssuing.encode(to: &writer)
        opens.encode(to: &writer)
        closes.encode(to: &writer)
        writer.write(opensLocal, limit: Limits.identifier)
        writer.write(closesLocal, limit: Limits.identifier)
        writer.write(variable: issuingKey, limit: Limits.rsaBytes)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let number = try reader.readUInt32()
        let name: [LocalizedText] = try reader.readList(limit: Limits.languages)
        let region = try reader.readString(limit: Limits.name)
        let tallyUnit = try reader.readUInt32()
        let count = Int(try reader.readUInt32())
        guard count <= Limits.contestsPerBallot else {
            throw .overLimit(count: count, limit: Limits.contestsPerBallot)
        }
        var contests: [UInt32] = []
        for _ in 0..<count { contests.append(try reader.readUInt32()) }
        self.init(
            number: number, name: name, region: region, tallyUnit: tallyUnit, contests: contests,
            timeZone: try reader.readString(limit: Limits.identifier),
            startOfIssuing: try Timestamp(from: &reader),
            opens: try Timestamp(from: &reader),
            closes: try Timestamp(from: &reader),
            opensLocal: try reader.readString(limit: Limits.identifier),
            closesLocal: try reader.readString(limit: Limits.identifier),
            issuingKey: try reader.readVariable(limit: Limits.rsaBytes))
    }
}

extension TallyUnit: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(number)
        writer.write(list: name, limit: Limits.languages)
        writer.write(mergesInto != nil)
        if let mergesInto { writer.write(mergesInto) }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            number: try reader.readUInt32(),
            name: try reader.readList(limit: Limits.languages),
            mergesInto: try reader.readBool() ? try reader.readUInt32() : nil)
    }
}

extension CeremonyDeadlines: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        registration.encode(to: &writer)
        commitment.encode(to: &writer)
        dealing.encode(to: &writer)
        confirmation.encode(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            registration: try Timestamp(from: &reader),
            commitment: try Timestamp(from: &reader),
            dealing: try Timestamp(from: &reader),
            confirmation: try Timestamp(from: &reader))
    }
}

extension ElectionDocument: CanonicalCodable {
    /// The version of the document's form.
    private static let version: UInt8 = 1

    package func encode(to writer: inout ByteWriter) {
        writer.write(Self.version)
        writer.write(chainID)
        kind.encode(to: &writer)
        writer.write(name, limit: Limits.identifier)
        writer.write(list: title, limit: Limits.languages)
        writer.write(list: contests, limit: Limits.contests)
        writer.write(list: styles, limit: Limits.styles)
        writer.write(graceMilliseconds)
        writer.write(ballotsPerVoter)
        writer.write(list: tallyUnits, limit: Limits.styles)
        writer.write(minimumTallyUnit)
        writer.write(list: trustees, limit: Limits.trustees)
        writer.write(threshold)
        writer.write(confirmations)
        writer.write(complaintPolicy.rawValue)
        deadlines.encode(to: &writer)
        commission.encode(to: &writer)
        registrar.encode(to: &writer)
    }

    /// Decodes the form alone; `faults` says whether the content is usable.
    package init(from reader: inout ByteReader) throws(CodecError) {
        let version = try reader.readUInt8()
        guard version == Self.version else { throw .unknownTag(version) }
        self.init(
            chainID: try reader.readBytes32(),
            kind: try ChainKind(from: &reader),
            name: try reader.readString(limit: Limits.identifier),
            title: try reader.readList(limit: Limits.languages),
            contests: try reader.readList(limit: Limits.contests),
            styles: try reader.readList(limit: Limits.styles),
            graceMilliseconds: try reader.readUInt32(),
            ballotsPerVoter: try reader.readUInt32(),
            tallyUnits: try reader.readList(limit: Limits.styles),
            minimumTallyUnit: try reader.readUInt32(),
            trustees: try reader.readList(limit: Limits.trustees),
            threshold: try reader.readUInt32(),
            confirmations: try reader.readUInt32(),
            complaintPolicy: try ComplaintPolicy(from: &reader),
            deadlines: try CeremonyDeadlines(from: &reader),
            commission: try Commission(from: &reader),
            registrar: try Member(from: &reader))
    }
}

extension ComplaintPolicy {
    fileprivate init(from reader: inout ByteReader) throws(CodecError) {
        let byte = try reader.readUInt8()
        guard let policy = ComplaintPolicy(rawValue: byte) else { throw .unknownTag(byte) }
        self = policy
    }
}
