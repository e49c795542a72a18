import Codec
import Ledger
import Testing

/// Each rule that the headers of a chain keep to, and what breaks it.
struct HeaderRulesTests {
    private static let genesis = Samples.genesis()
    private static let validators = genesis.validators
    private static let parameters = genesis.parameters
    private static let parent = ParentBlock(
        height: Height(4), hash: digest("parent"), time: Timestamp(milliseconds: 100))

    /// A header that keeps to all of them, but for what is changed.
    private func header(
        chainID: Bytes32 = Self.genesis.chainID, epoch: UInt64 = 0, height: UInt64 = 5,
        view: UInt64 = 7, parentView: UInt64 = 6, parentHash: Bytes32 = Self.parent.hash,
        time: UInt64 = 101, proposer: ValidatorIndex? = nil, count: UInt32 = 0,
        bytes: UInt32 = 0, validators: Bytes32 = Self.validators.hash,
        next: Bytes32 = Self.validators.hash
    ) -> BlockHeader {
        let round = Round(epoch: Epoch(epoch), view: View(view))
        return BlockHeader(
            chainID: chainID, epoch: round.epoch, height: Height(height), view: round.view,
            parentView: View(parentView), parentHash: parentHash,
            time: Timestamp(milliseconds: time),
            proposer: proposer ?? Self.validators.leader(of: round), transactionCount: count,
            bodyBytes: bytes, bodyRoot: .zero, logSize: 9, logRoot: .zero,
            stateDigestAfterParent: .zero, validatorsHash: validators, nextValidatorsHash: next)
    }

    private func fault(_ check: () throws(HeaderFault) -> Void) -> HeaderFault? {
        do throws(HeaderFault) {
            try check()
            return nil
        } catch {
            return error
        }
    }

    @Test func aHeaderFollowsItsParent() {
        func fault(_ header: BlockHeader) -> HeaderFault? {
            self.fault { () throws(HeaderFault) in
                try HeaderRules.checkLink(header, to: Self.parent)
            }
        }
        #expect(fault(header()) == nil)
        #expect(fault(header(height: 4)) == .height(expected: Height(5)))
        #expect(fault(header(height: 6)) == .height(expected: Height(5)))
        #expect(fault(header(parentHash: .zero)) == .parent)
        #expect(fault(header(time: 100)) == .time)
        #expect(fault(header(time: 99)) == .time)
        let child = ParentBlock(header())
        #expect(child.height == Height(5) && child.hash == header().hash)
        #expect(child.time == Timestamp(milliseconds: 101))
    }

    @Test func aHeaderIsOfItsChainAndEpoch() {
        func fault(_ header: BlockHeader) -> HeaderFault? {
            self.fault { () throws(HeaderFault) in
                try HeaderRules.checkChain(header, Self.genesis.chainID, Self.parameters)
            }
        }
        #expect(fault(header()) == nil)
        #expect(fault(header(chainID: .zero)) == .chain(.zero))
        #expect(fault(header(epoch: 1)) == .epoch)
        let first = Self.parameters.lastHeight(of: Epoch(0)).next
        #expect(fault(header(height: first.rawValue)) == .epoch)
        #expect(fault(header(epoch: 1, height: first.rawValue)) == nil)
    }

    @Test func aViewFollowsTheParents() {
        func fault(_ header: BlockHeader, _ epoch: Epoch?, _ view: UInt64) -> HeaderFault? {
            self.fault { () throws(HeaderFault) in
                try HeaderRules.checkView(header, parentEpoch: epoch, parentView: View(view))
            }
        }
        #expect(fault(header(), Epoch(0), 6) == nil)
        #expect(fault(header(), Epoch(0), 5) == .view)
        #expect(fault(header(view: 6), Epoch(0), 6) == .view)
        // The first block of an epoch names the root, whatever its parent's view is.
        for epoch in [Epoch(3), nil] {
            #expect(fault(header(view: 1, parentView: 0), epoch, 6) == nil)
            #expect(fault(header(view: 1, parentView: 6), epoch, 6) == .view)
        }
    }

    @Test func aHeaderNamesItsValidatorsAndItsLeader() {
        func fault(_ header: BlockHeader) -> HeaderFault? {
            self.fault { () throws(HeaderFault) in
                try HeaderRules.checkValidators(
                    header, Self.validators, hash: Self.validators.hash, Self.parameters)
            }
        }
        #expect(fault(header()) == nil)
        #expect(fault(header(validators: .zero)) == .validators)
        #expect(fault(header(next: .zero)) == .nextValidators)
        let last = Self.parameters.lastHeight(of: Epoch(0)).rawValue
        #expect(fault(header(height: last, next: .zero)) == nil)
        let leader = header().proposer.rawValue
        #expect(fault(header(proposer: ValidatorIndex((leader + 1) % 4))) == .proposer)
    }

    @Test func aBodyIsAsSmallAsGenesisDemands() {
        func fault(_ header: BlockHeader) -> HeaderFault? {
            self.fault { () throws(HeaderFault) in
                try HeaderRules.checkLimits(header, Self.parameters)
            }
        }
        let (count, bytes) = (Self.parameters.maximumTransactions, Self.parameters.maximumBodyBytes)
        #expect(fault(header(count: count, bytes: bytes)) == nil)
        #expect(fault(header(count: count + 1)) == .limits)
        #expect(fault(header(bytes: bytes + 1)) == .limits)
    }
}
