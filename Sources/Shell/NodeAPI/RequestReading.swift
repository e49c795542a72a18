import Codec
import Foundation
import HTTPServing
import Hummingbird
import Ledger
import NIOCore

/// What a handler knows of a request beyond its content.
struct APIRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// The network address at the other end of the connection, without the port.
    var peer: String { channel.remoteAddress?.ipAddress ?? "unknown" }

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    func text(_ name: String) throws(ServiceFailure) -> String {
        guard let value = parameters.get(name), let text = value.removingPercentEncoding else {
            throw .badRequest("The address lacks its \(name).")
        }
        return text
    }

    /// A path part of 64 hexadecimal digits.
    func digest(_ name: String) throws(ServiceFailure) -> Bytes32 {
        guard let digest = Bytes32(hexadecimal: try text(name)) else {
            throw .badRequest("The \(name) in the address must be 64 hexadecimal digits.")
        }
        return digest
    }

    func election() throws(ServiceFailure) -> ElectionReference {
        guard let reference = ElectionReference(try text("ref")) else {
            throw .badRequest("An election is named by its name, document hash or election id.")
        }
        return reference
    }

    /// A path part that is a decimal number without sign and leading zero.
    func number<Number: FixedWidthInteger>(_ name: String) throws(ServiceFailure) -> Number {
        guard let number: Number = decimal(try text(name)) else {
            throw .badRequest("The \(name) in the address must be a decimal number.")
        }
        return number
    }
}

extension Request {
    /// A query parameter that is a decimal number, nil where it is absent.
    func query<Number: FixedWidthInteger>(_ name: String) throws(ServiceFailure) -> Number? {
        guard let text = uri.queryParameters[Substring(name)] else { return nil }
        guard let number: Number = decimal(String(text)) else {
            throw .badRequest("The query's \(name) must be a decimal number.")
        }
        return number
    }

    /// The query's `limit`, at least 1 and at most `maximum`, which is also what its absence means.
    func limit(maximum: Int) throws(ServiceFailure) -> Int {
        guard let limit: Int = try query("limit") else { return maximum }
        guard limit >= 1 else { throw .badRequest("The query's limit must be at least 1.") }
        return min(limit, maximum)
    }

    /// The body, unless it is larger than a transaction may be or takes too long.
    func transactionBytes(within time: Duration) async throws(ServiceFailure) -> [UInt8] {
        do throws(BodyFailure) {
            let buffer = try await wholeBody(upTo: APILimits.bodyBytes, within: time)
            return [UInt8](buffer.readableBytesView)
        } catch {
            switch error {
            case .tooLarge:
                throw .tooLarge("A transaction has at most \(APILimits.bodyBytes) bytes.")
            case .tooSlow:
                throw .tooSlow("The request's body did not arrive in time; send it again.")
            case .malformed:
                throw .badRequest("The request's body is cut off or malformed; send it again.")
            }
        }
    }
}

/// The number that a text of decimal digits names in its shortest form, up to what the description of
/// the interface allows.
private func decimal<Number: FixedWidthInteger>(_ text: String) -> Number? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        text == "0" || !text.hasPrefix("0")
    else { return nil }
    return Number(text).flatMap { $0 <= Number(clamping: Int.max) ? $0 : nil }
}
