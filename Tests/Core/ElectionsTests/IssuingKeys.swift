import Codec
import Cryptography
import TransparencyLog

/// RSA-3072 keys for tests alone: generating one takes a second.
enum IssuingKeys {
    static let all: [BlindIssuingKey] = ders.map { text in
        let compact = [UInt8](text.utf8).filter { $0 > 0x20 }
        guard let der = Base64.decode(compact), let key = try? BlindIssuingKey(der: der) else {
            preconditionFailure("a test key does not decode")
        }
        return key
    }

    private static let ders = [
        """
        MIIG4wIBAAKCAYEAqu/ttIMPsmJOga/B1wsSKMMvsAgBAn3AcbtwLP4hAkwK30huFbwaiuB9rGAMKtsLpkgn/pjS
        Z6WxjLNHKNcsk2SptlBZiaR/702mB/2Oak/RhLgzkpt9Q/bereLU5+EZr5oxINAlh1XJl676nnymuX7VgqsxKich
        KaluU/8v1IZZf6FOeGA7gD5JBLbb6cMHARKdnRSwgPjjp3+T9sGga3fpIkB3rVUkesnOT/N6Boo39/D9fs18w0XX
        6CKN+jc6cJOWfC/bQLOOgeWC96bN2Zwpil89XuKeni/xJxQXhEfjAuNuEmKVu0u5JOWiWAjbetOYpowtIL3gyc9t
        2x/exUY8Fm6GyqzgCedCTuSUlTHyGmfH3DF6cCiZGBlGYN+iQQ6qz7lvcA42SoryN3GLxozZl0lqM9Y6ovGefF/y
        ZZuLXs57YT8k3F/6kTVB+7BGuIBh1S4cLrqiBQASjdTegPqGG+11TXchc2uSEBpyZo3NV0Y88tkQBw3qCrJlHZmN
        AgMBAAECggGACt1cIPSRm1d3QPPwYKAyA8hAMDKaCdP/VttAioOOioxVxpJeeOAvWbNiGYIzU8f/ag69CAgjm3Xj
        HpvIgpaGnUmxJcbeogqEHSw0yN47XpN7MDHbCU77u8Wlqqy3tpNOpCQrSjggooT33r2+7TLkD/c5T+hcpB6/k1vT
        COC35Ay0BJI2oB0Ruxl6X6PVv3pnaBCMVw8ZFuF66ssHlxAAh8Qj28r4MFqwimNoSxmhIGhJnWdCXXxnGSxHyFfl
        6Uj4QdbBBpHTYfgxT6PKDK2bEQC+B2fW3WanKNFI0WKLTPp19pcpMB7El65Gda1Fkofj7OqiPfR8OH0u7xQgAI6S
        Sh2XrqDvJt7kZePG1je20vhH0YPwXB3eCQuwrbk6tkQUA6LCfigvLwqVo7v2CqaExlDaNtsQtZ7l7gKKvyfHZfD3
        6QI6AnkB2VL/SUH8hTSyfAI3H86fflZoZUB623ATX7kHhXJBCV94z6j4X3RoPJbT9IezmVtHM64ZWJlDLMZrAoHB
        ANKY0YtQz09ByzUDNuhQU/pdKIx6RywPQJGwUXnFeF7LNdaeEjnK6Neml63sRHY/352tPqenA3ZPmqeP0tRZkkLk
        6Hux0uXvpXwdNE3+B/2f9Yw8+Hw6yFh8uKdbRJpo/f6c2L67sgJ4Jz0eylibql0M/Kp7pHF0VW/PU4POh57RL8Bx
        XaiJQGfS7b8Lw9Nctq1+yiAx5MKJujiDH0RdDzs/Y+VOQ6WOew9+w8ryEPOxj9YozAi7VQzcnkHMirLj2wKBwQDP
        yjn3XTiilxS18Fvy18RZ/OeZ0cU7rKVHj/aJTTo7eP4b4oyYV3hgkKBI3fEFzSKIRhWefE5TmP3QMxA21GHK8Arq
        7n8dH5ruopXTBQeGoeLg9wo/WL3GUaTNLfSIEQkg30SY1NmXoxt6WWTzuir8jwqDcu9K/sMBI+fb7WpNVBe1tYVr
        FspoZFPxJoaYmGntR4XSUNr2cfGPh7q4fpy8eOYEfJBaiJycS3KkXlQNHSrExQ7Dh09uBVo+63WvqLcCgcBsUhgt
        zVHkVVYdHVsnoPGg7DvIDbj/65Rtm0A9HxnrwCAgFMwRF9It4c1Qsx7/p5jwNETu3NPGDenhV/O8L5oweCcwQGXW
        yS3YKflWSFx50sXs7QtucpnMEdK0mhguR+SlCq3dZROJe53LLUQs0VyOYfiwA8qwZILxcLVnLVrKkJQ8KtNetcH/
        5RlOU9HUrHJ1yKpUZvVgLpEvMhpqAmesNM3AC0J2LFQVw0EX6OxZPDJcmD1iHGEBrZRlCb0piFMCgcEArU9Yxc9F
        G6ezqISPzJ7WsM/WRF/IiBtZx7R1xtNZDJ3AJHXzGmVqi/BVIDGthE8yzELYaVX45pUmre7JSVIfNuq70HOYJixk
        R0HogRcizdJcr5KdQ3S65JzYPiJkYNEEshxG1MpDqsxqcMP7BaZzkC+mbzkACacv8tWF39PH5DONiwuZ+lYKAMQd
        l3ewr7oAL96F6YNy/jbPag2lWZiRFkooX/mdVUW4ikwLlLjwlfeL4o8R31gOkg941B4EDL1FAoHAV6LT/9oQMnP5
        +MOS3jxN6oJPdrRCIEE8WI1OmNLUsPdhDDECnmMJM0SugfisaIi2Ut1o993I4P/asSjeUbNH2gp8PDT8x7X+UBvk
        a65fzRx2HMQbZEgbHQoYATgU8yL2HteCbLvJqVGpNbXOgh93Bf2bHouQZoyu+N80JNEpcgT/bSdXJ/4hNcibUHMg
        1Vrmhcpe6P7y06v5md+X2lE03C+li63HVDVAcoYVLPCdsB1QYhyudOP3KtT6oHtH2iNc
        """,
        """
        MIIG4wIBAAKCAYEAqZx5EY12k+V5rW+q9iyrbZjSUwzdmwk2p9KpNT4Km6BCRq7wwJHKe3zO7oMEFIrJhjNnSAsE
        2DzYuh5ByBiEIIRBQezqAswFahyijrZdshBVFbszE0y7NCdaIXWWwuiaJVF7Jl0uEFVFrS0Q28G6vx/rp0YzK8ny
        oRD2TfZIksWZ9dsIansNpraVOT+AbR4lZqKIe6hojzsu2FzrDr65qu3uzy7N9C/75eDl1thULh3NYbRdNF+olbxe
        iupNNO99Nv4Vm72+59fnMaTHsfgE5QFC6UaeBJQ+UCcipVVLlWmb4/6RfsekGJiyeIWtIt/EiDUeGpoeD/js5T0Z
        PrtorVx268V/AlzzQlMJBQPFfv8ADfuH1iHvlY5/8DacYvQHEkz5SpoR6kZp24+qKTtXCqyi8UKYQYNo8W/n6qo4
        zZ45euaM7jvZi6JlOnZuJmdRLRLET8E1dUom+Jg0b8KIZYxg9YXsS4nUbR7/KR2TSNcCAcstguuxSaa/e0qaG9A7
        AgMBAAECggGASQgKDWfHJhmKEgbiK0vCqNdDwOTqSsZl1U9c8oL7WFViFENhgNmFwTRVedfKGvpDmdhqYVf1RxK0
        EzfSBVGhGss3uiZEAN5OeolH6YFWyMRFjqzjai0A8oz7Pyr9toEnVmhGSZeXrQq6jL2545YATil1c7pDcFhtc7L1
        C06/owsYpwcgEZFYqG83w8W3C8UOP6o+cFhsZTgLjLg9skSnd5Up3eX+YmWC5lG3RZIydQT6GVbrRxDla0wHvXLz
        uZZgtXz+I/K3j5eO/G8wUqGxTcqmfOqjN/UmfSg6xczFi7drOzKWfL3W16XgO0n2+/pd5Vdf6e+x2HVso/gjKHzh
        2m7Xtsn0IjOC1OP/BbftvTqAB3TVULSpp3XSJ0YIWebLDFCcodWB/BDFWE3uI9d5UTYxu3Pu5JZ9l8YcEl56E5+W
        +toQqmxlFEkCgkQUyC+BLSVZD3d/YJREtl6xpWv/VlVtvBZzgnfedt3vajGWSrOBOGtUWlJwQNP7bYWMHVGBAoHB
        ANm+XfvkKTJMY2kd4cixNNK4/ZNtgyN8ZxbDyqVvBaIv0pFXkEnsfi9ifAK4uEgd9A1vQj+5FCtdQbZiMScQH4Jt
        o45fxd6OBJCFg3q0GMhNz1XqK7W1dWAvU1r1Ncyafoy5Wrf3E2LjLwjQ7iPIkJP2Vb27bHSRDzIxTnlwhvX4CF9C
        chl7IJXyphm67vPjQR2rehgebb5FpNVzeO0dilruamh9l4Z3BsCD8kUfIh6tcxzs7SmLk14UGJtzi6mLQQKBwQDH
        aTctBzY70S6GkEWFijxZaAwT0lYMxV+CMVAWsTe2PFO33DI1u6nNjdkwwKlb0eHBUEQ5crecBXbcns3Z0QWWl4jT
        CSUoWPYKBQGVPknrUOq9H0KVmLxlXez89rlnwVD5OnPCKcJN61mV2hmw1EKt1mFcvFH6v0rSRWCjhiqyhVrqlr8L
        0+oBXHo7u+6Pw2rozDso3u2igAv/R1B88QaxbJotFh/Db+QMRjm7Wg4GOvoY7UR2PC2H0OtH8Luz6HsCgcEAlb8N
        BaGZD2VnbLBHSe1MxarBgXVsHah9gTNvlyxuNGctKhWNPrms4kuZu4lr+vTWlbKxXf+btmLxQUvwP8wfz2Q1ekG1
        Y+RJkVaw4F8hOAgDEjP0kYfUzCxf6AsBT8/kPkVu9Vuvcm+JNkfxrpxNieR8fPp7kQL972fnby8LMfe9Uj3xGEMM
        WvNAdiuQEBx2+L+oPRQYJyXgQYejX3bUYsraVTgiUDBlbVqQ8CaEIZLpurfaNpst4yJw9d+V6ijBAoHAFB/kN6Eg
        sgy8W0w4F/AJgyRjA6UYlhVdPDBp2sBr1PJlqIqKbq3PxzTnlGn9LY0S8YV+PSX8rbxHcKB+OdtEaxxD7LhhjZ7c
        xcoXjM5Ke3shFZEQETTm3nwKLMVhlL0HxP9HK3M3btGvqtXl/diOGikmjktbIqknjez+gcJKkNWwhThNc44hcZ25
        oEmpG80m/vONjORiqyGtFEhIMTPJ7yH8tUwkTH8ATtTPgr7l528QSm+3lw8fsTM+a3Y6Gz/9AoHAcLj43276A2zr
        NCsXIXPPj3usgqToY2pcyFav7ucsoYYwuWcko3Oi1pgRgYlqN/Ncns5EGOVWSoHPEHihmYi27CzzUeLClSv85aQr
        gT5IWIHR/PwmX7z0oPR+CTEyc3SFqN5eU9p/2W1J+mQ660pMN6jeQfNV/kgtIyS+ChtXnEZPoO/+iMc0b1LhHL8B
        OE4ZFc1v0lo3Fh6vh5MrZLujjNf237WkmRPwHG3snzEp3Bp9aqA2pewt+6KeQuWEWfd0
        """,
        """
        MIIG5AIBAAKCAYEAoU6hf40S3IXdYhgfyrnYxbm0c98gB7Kskohle+8PXcqyooE8MT+aUQHHH6EXPRA0fiTI1J+U
        z6oQ0ZrfOuvjpkJbeMnJogE/eH6+cfnXYrdgYUh1s7rKjRYJxOUlD4tMbKmlz1ewRlHkChOztpvyCSUjtwKpZ5ZQ
        faw8e2hBQ36KeiNAFrU1bxuKkSlvr/pQzXU6Hm7sWIevdY3MTbmBQDSv70AD2Pd3Mm5sqS53pWY6V1xOM1cV6Jkk
        fCkwFZTlt13/Q26gdOkE0DwedlUGCMtFRe2iDBLKd5P8fNh7bSe0G9HP67vysr+ixd6mrYrtCTJMeokTZEzbyZ9V
        pI2HbZhrnYZTAV7KeKQ7EDm9vjq36ZZIn8oq1tYsoVQnO1RYWLh5EjB/AjZM4v2ZW76JK8K5YNB9bTQ5+H+I6Gt1
        jg8C5Te0OORTVT7PRie1GIk2DcXnMn9naXL1oYWopGMDLE8ibddQyD8lwnYC4p3hMtbXimpUePL0X9lBmRv0Hb6b
        AgMBAAECggGAI86kov/Z9AHzRtc8F3Bx4lJ68E3TemH7VPvaK0zCCHv6c4BksDoCM4FFhovn8LIsNORNgIV8Lyz9
        VsoeS6IZgsqwK3v/umq0gDcCZ6KiYVN7nZzMI/2PAQqnWIHVXEH70RNHr2MzyihbirEc76hmbglEiFea61e+vmcB
        dhOKiUUJ0FsK2v+WwPdIJzkfhdz3GuSu5hqRdIWKOXokpAxN2MbZVy7Kq9sjJprEnDmobZrn0IS5B0SJpHx6UOWD
        uwa2LSaJ6S72SBFQpJrlIYLeTed0VtxDsmgaFFqBoJuIjjcQWMdZvAEmKAVxdWBUiJffz/FsEhJeU6klw1gd0/n7
        SWJ0dpun0L3n9SCS7H68p3MuWeNs2vxmd5C1mQEaYUnjoLRaOBfjRhOJoEHdFHS2S8uoL5hosChdySTeZ4Fa9u5E
        WtKKMlYpV0sbkrPfxw4rJk8afcwqI5UoY5xFjt/XMHXWwudnTjPpOoWLRhxnTiTb/vSmtPEzaq2fs83w0zWhAoHB
        ANtayxa0baTLavRi4NM9+JPlc4OuZowZrlR1R7QIFPfRlpdGvFuFihtF3T6sbawWuiZ2lVzxZ8GE21gWiAC/7fMc
        izX00+VpjDN/nf3PFKmAqy54EWmFEoRXw/erMWrP/7RKmhn9STu9jZpMQ5VoPwyjBv8KZXUfqsuwA1LbdNafDi5r
        Nyn8SMzjQz/lzOlwtr5+7JW0UTz2kA/T6iEPB9fqR39rau1cl+In6ynn41hCYgCtPneaj323MlsQ1wyizQKBwQC8
        QU1g3ocni1KpvZ5Fr4P51EDcNZ1ctl+zi4+ipL1JNcMkijAC5MqM/rU4DIga7VQuqOvqTqvht5OLi3UXLACbiROy
        z4kq65Z7nR3KzZr3BquTvXRoJxWT5f/BQ0LGzHo98e/s1J7CVvdi9NA1YJaNvSeFKxhPn8B9f6PGIl2fjeIcz1tB
        uFLvm8KvDoz6+XzoeLqdPUGthNgBh1mpmCau5Pl3bZ5iHQ5ugn/4xPWS2hrzzSzscRgFqRdz3G94dwcCgcEAuw8i
        Qap8FhyiiOYJdBtU8Eqrx4/iQ3djAwNAsnZx6yQAl+Dqn+GxdLCPi/LfU/HNrR9TIH99S7pQkz4jnQAPm1KsJMc0
        LF9mAETEJr2BkUr4sBgUQTgKInH13C9RZRUbqlQ0NhWZbiinqP2AZNkRa2VbggMLomXu8OSY8P/VE3FwVoV39YX/
        Tzo/Dy6ZIDnOnYT/nGq5HJPnJphBARAgUDCp6C9icCiWHXaNRJ9LcOirSohyzOwxkbO4bZBe05fBAoHBAJELR1EB
        YuTG5ZO+cvmB948/SBHihTHvmeC+AJbxkp2bfJTkm4U/PghQHtPmY99LR/cDU3Ed2DR6uoVjl32Y+4baoIC+ghK9
        nR30ugWNUH5Pd1bHO68bnfZr2RfQeNyuouijRZYVY5ScaNKniNv3ZUgjmxVxVLPUg/ytoUOBKt1J9hL4eHk0SUIv
        olo6PckI/IIosq9/iODmX38eB6kxf2x1IvgvTz6M4JeomGzVY9gXj3iUdq5dnIKP+2/bQU9xdQKBwHUj5hhKUBW9
        YxEYCQf3YVCPLfwo47jIF/LF0oakGb9Rv9TDnrOORfvuUBKMrcafNKp9KTgPeWTVOf7GXt+uH2F9zfdaIMBpEcZA
        phxFmSp50qVcfgrquOJoRygeSSfao+2VvCc4Ar9YEOxqjYUDF4JO67GLz93wgHV+1qFu4TZqe2LjrCLJFWxH5/mQ
        0Qc7Rl+QzhgxvmVkK6GqBKRpaPml9oeMbhQJR58VgMLzyt1RhJDeHamoljLEjV+M62TcbQ==
        """,
    ]
}
