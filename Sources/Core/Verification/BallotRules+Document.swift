package import BallotCryptography
package import Codec
package import Ledger

extension BallotRules {
    /// What a ballot of one style of `document` looks like.
    ///
    /// - Throws: `style` for a style that the document does not have, `parameter` for a document that
    ///   breaks its own rules.
    package init(
        document: ElectionDocument, style number: UInt32, electionID: Bytes32, keys: ElectionKeys
    ) throws(RefusalCode) {
        guard let style = document.style(numbered: number) else { throw .style }
        var contests: [BallotContest] = []
        for index in style.contests {
            guard Int(index) < document.contests.count else { throw .parameter }
            let contest = document.contests[Int(index)]
            contests.append(
                BallotContest(
                    index: index,
                    shape: try ContestShape(
                        options: contest.options.count, min: Int(contest.minimum),
                        max: Int(contest.maximum), countsBlank: contest.countedBlank)))
        }
        try self.init(electionID: electionID, style: number, contests: contests, keys: keys)
    }
}
