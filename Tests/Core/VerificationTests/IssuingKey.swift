import Cryptography
import Foundation
import Testing

/// A registrar's key for tests: making one takes a second and no seed.
enum IssuingKey {
    static func load() throws -> BlindIssuingKey {
        let der = try #require(Data(base64Encoded: text, options: .ignoreUnknownCharacters))
        return try BlindIssuingKey(der: [UInt8](der))
    }

    private static let text = """
        MIIG4wIBAAKCAYEA7AKs61zRMN0q90zFx0lLXI1atcnyFFcih2lLVBSQSRzP3Psn9H/2NT5Snp/jjgseCjs4Cq5+
        TJQLywpNid9Pk6KsnOFuXPqCTgfc0RWd2zrAJmQ7mI51bbpJ2Bt5kQScV8SF674o65Qn5k8KxqHb/Jf29eEfFMsx
        OTJhpw7dnvt7qS4OoTusPsGKEGAvenpu17Xf0pCtWCaeszYNzoG3qPqYAXMfqPwK9RF8gKJood4asH/BOwi97T60
        pfML+U3HeKhPD+8vgrD/HiUAOCgz//bb/igcc/IrhgJbTuXR9Bz4EnqDZeF7U7UT8wwdGVPjw91HzTWEVHXN6Wzi
        fyNkIry5uK/ntJeWurCJst6rvr1cA7g2VWZZKgzsjOc75fonnTHacc8p+mkvSmaTAudkHRap993OnHBzmpzd+ZZj
        j0uG52zMGvx5qQUxgZ75iy0Ws4JFsFckaRzUdI9kVwjzK9+aJmZrXmRl93Zh/B1kinD1OyYlLzTXFGLJWH1MYwBp
        AgMBAAECggGAFSiiPxGZsZNKfFRWMOkpx/jmRoD94oPzVQeEGNwlGWDrY8jiiqGEPb7CInV8LapifZFUk2SUbyIg
        sonQbMln9Xjyl7gAMHbHAt7ilZ4mAlcQjgCTdThkX7uBTk4cRnuO1rGIPhvUyFYGg7fXY/pz4f/vxJhztGYJGjMh
        nRwQk2XBbufxqNPUO+YXDiPJbeYXFOC52cNdvxbrSG7Sqw5nHE+nHA4pqvk5tEHmkxO8ZLKoWuWBOd0tRd1Gzc/t
        5WJrERqD0ktF9yT1NF+0fwfIPzdL+zw+mJZu62wj3oWZegeCzO4WGPphU8YNtHF5EiMRBWbS2CXQ5vqZYjXyvmmX
        JDUAJnJ5NG8b5OwcD8OAmo0WJLflwWsyB+LiL5qc5FKWB82c9lB8Eb1rA6DinKucLal0fdKCMU50vBhz2p4ic6NA
        C54t3/jGvNDFQSnOmX+ZjUN7nfL6Fi41FOoHfKkcsGKKJ77Wa4iFaUAc0YHkgVtrZpCrPGSsOh+FDKwKn7mPAoHB
        APl/GBgTgno+kk6GeTGVBKBc+03yGxhSNhEg4IG/Vtyoz39eRp3UTU1zmj1OmtlnE/FU6nJdsToVvJIgGyFoie7g
        IWkp+plZ3RYKBMAHOqRKgn5idHkQLwLwmhW1aC+RKpDVz7QOkKAaPzLAWR/+jki/V1EzqTKydiUnRuOpDSM9ksBu
        dag0Fc3gotyG06VglGEzytAeMLxqpytVVH1PT1A5gp6SkEE2hni9x37/Z6PeET+pt2/Ml/xcS9Cst4DpewKBwQDy
        KZadRTb7Sr0Y8+j2ZecnrRVzfDoYJ3w/vl7otc6RTMcnKy5VvpvALWl63lEkAxHPy2M3ZCny0B2uCOtXAWQc5Mrg
        dLWJMzXXGvDsJpJ0U6qU9A0Mz6n2y11QtWkvUecBnPNpiEn1AcNSRzWoVzp3T8za3MZT80Z7LkRdDo6o+rslTmY2
        419+tQNUjRSbyQVuj4lM/ibMSzUwV9M2qEMLPWlSf0y1ZW2cad48bVn6jeP2FIr7H/qnMCiD/5TfHmsCgcBUefIA
        hOqS1YjYSbPTU++DFLiKRcVi0MM5vXYGuHCCui23pIYofm/GH7RDuc+4eKxJ9ESFgK+3SRDWMUS+ZRT+6qilYO9W
        6RRwl+fP1SLH6eqRPGjPbOleB3VEkG28XVyaOarf/mZ9ryVi27nRmXE3tIGuHt3VKpPSNKBOCTlHi1ubCEuSLkCL
        utmp7YTP5AmZd93d5br+sOX1SCkZXLcwJKjTZDCvw/R4AVoA6B2BYHlaou5XTmDPs7h/6VsgrO0CgcEAj4XqiEeP
        cJw5OuLEvdRjjfZdcla8L7inQThZE989EIzKtAI5sgQIV3wSugmtWYSgN+G5agjpe8mw7YbHxIdEiINpYmKJfUlm
        rZiAFdY+ksdLoICMg31IpMafBcifELagDSqycWefPaDP3KHrwVwBgNlA9q5GtVbH/RXM2sJX9vqzlEbE+d8EqBos
        YR5Eipg3qfFUVNeEsywX2BEVU52iLrU1CPn9wrzcnAl696Fv5LnX0+8U+AVaD2DRgnomB58FAoHAdSJl1vCNMm16
        mdx9ACOu8LWgcvaQqVAkTGCYCvhTKVa0rGU/UcNsbTmgaV9HgRfddWjWFUO4zTuv93a39vC6VNqfW6vcjewMaV3V
        bHxR6bNoJw5Z8iJMlKjMKFJ4ZrpeEUSGGCnOOW0UC+10L1hSTRaxS31hCrZPcRlvdzIA8g7sMwYtVSVbXPT3wW4/
        uDIieHrpfB6z1nZVYqLCs/b5phICgu36c9kNUtrDr6cZGwgHvHCwaDi+M4Nt4nyF6wmq
        """
}
