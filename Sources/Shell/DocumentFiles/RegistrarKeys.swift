package import Codec
internal import Ledger

/// The registrar's public keys (`registrar.public.json`), for who writes the election document.
package struct RegistrarKeys: Codable, Hashable, Sendable {
    /// The issuing key of one ballot style.
    package struct Style: Codable, Hashable, Sendable {
        package let number: UInt32
        /// The RSA-3072 modulus, 384 bytes in hexadecimal.
        package let issuingKey: String

        package init(number: UInt32, issuingKey: String) {
            self.number = number
            self.issuingKey = issuingKey
        }
    }

    /// What the registrar is called in the election document.
    package let name: String
    /// Ed25519: signs the registrar's transactions.
    package let registrarKey: Bytes32
    /// By rising number.
    package let styles: [Style]

    package init(name: String, registrarKey: Bytes32, styles: [Style]) {
        self.name = name
        self.registrarKey = registrarKey
        self.styles = styles
    }

    /// The modulus for a style, nil if the file has none or one that is not 384 bytes.
    package func issuingKey(ofStyle number: UInt32) -> [UInt8]? {
        guard let text = styles.first(where: { $0.number == number })?.issuingKey,
            let bytes = Hexadecimal.decode(text), bytes.count == Limits.rsaBytes
        else { return nil }
        return bytes
    }
}
