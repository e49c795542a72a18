/// Keys made for these tests alone, which an issuing key must not be.
enum RefusedKeys {
    /// RSA of 2048 bits, e = 65537.
    static let tooShort = """
        MIIEogIBAAKCAQEAynnaxvJErm25dPMgKutuTx1UbS4yUrioc7PfMh2pZQBpH0SPMRRf3CncNdZHiTSQRmVxrbIV\
        fOgkuoIcj9VWwd9sjkyiMtup4SuVQDgvooW1/7uTKES7kNuJe7eKfevk7sEa/gIkYyyNAWrHIVf3sPEnX7HTIcam\
        mUnkCBKwcfSR6GuN6K6bQDq/Nor6UR+QN6eKsJA5C7F0KhHegQaN3b1vKc0p3+z5xbtnTNK/hLmLGNB4d4A7alN1\
        j2oLU99zWRpeiAqKPFCFix88IKKPAzn1zxkHWfMxHzcYAK8n6NAfsmKd9yRjbvfK1/9nxzOCDFqBa5sptohOSPq1\
        Vy2DUwIDAQABAoIBAAVYYwzngLhitFDTEuFTwhZ3K1PYRMwejLmgF99Yr7CSxg8b+YagB4BmTV0/DspoovptW3R+\
        331+P2seyaaHkksx+FvVWl7YfW/DD8nGFoYhuBuVOou+UVlSXdHL4H+shnGvt61rk6DqDgigiyj3eWhfJW9ilyJ1\
        2aqoUJSp+smlCDds3oexIs0fLFnAcnhCPTH1XxMf/18+eZABnS6GF5IGxwZiLvwrBeCwJaI7u/xBcma0ZIMVmXFa\
        iqIlwVTwAQCDUuRMBrYjZjJeSDuxT17KCwMOAw4mqX0CAv159iHTNnz/bCKBTiGRvIvquvxZ9Ol1CtOdBvySejJK\
        WV+eWKECgYEA7i8NLf7IEtPPOssN5NuVTVawS3VB1XdcGGYKa0ZvIJo1eoZ2Ls9iW88aCeNPBTzTZLKqv/T+G2g/\
        a7DSvS3rnYwbVapUp+fcyVCSyJa3+4nb53fRqutwtYEFmw4Knvcrp44kJnYEhEg7eWuSNMJ2jg0hwP2A0n4Lu+H0\
        nCO+59ECgYEA2Z8KFWzw4YCcQSuj3C1Kt51jkseGE7TID0gHnM7E8ZcO+fDiel4t8S71fO+O8Mv3roZ0jch6pheZ\
        UHk4U1nxsCQpoX6v4TTVrjpEMqY+wjdbNfBQHfIB7w7eT6QEaRmFTt7cnxXI9u3EhgX+eQPLoEWzsIA37e3YAYmA\
        39EI5eMCgYBjfmQTAoqw0qmN9aQoJVGIrN2Xp7OIaAOgbX+MsC9bfw83z1Mu2pJLp4dI+hrYJUBon/mTldNPv4w+\
        f+6H99akSRJiBnS2brRbo7ys7ciM2llxpyt+Kjs6llqxGnx1SuqBY27WYhYg68tsPPMl9tVvIS0oYLyfMOfV4906\
        G/RzAQKBgCIDRG0y2Lc2BbX93x9ziMEH/V8chi0gTUBuLppoismDpZiU+KDNhXqzrzS2sG2cQ3rokuDyG5FIEPNN\
        7urAHRE9pbAS/+RAAMG5Y51S9G4gfsYAaFU11O2LMl3aMcJHddls5aiLnBxT7ypPV4WMfU/wdPQ6JgOu79rVpenV\
        XwGnAoGAdR65JMryS7qOE6uQosqgcUTqmrv3fuBpWXEX1aLsaUGlbhRbXtiX2chVmOo5b1PDTbbVFdcsgPHbrEx2\
        J7iU7MBkDXu7OM329WgBbJGPW4FuCqxO5JIsVEidRV65WAqOOUgUttUTzEDw6way3zq0wXjFHFn8GXAYK0ZdiEKD\
        0XY=
        """

    /// RSA of 3072 bits, e = 3.
    static let smallExponent = """
        MIIG4wIBAAKCAYEAwHihP1MmD7AmfN6mw2DWMdILV3+CAR9jUjpZFar3/lx/al6uh5ir6I9Gwza9yeP+kyPgZmjG\
        DBZf+J4sZbBJBCQ6og0LhevX08Z3s1dPg6swRX14zoj4z6nQ200SFRd2ZEr0U7FlfobCSQ8BacqhqZcAaFHSpBBm\
        jumisIq30vq4plCO6cKopJ0h8SiUoya5yegOExnsMgSNT1RITxpgpL11KqwBa4LsCy6lajfSw6KmRt0OKQ7SbW7s\
        oye0bhy9q+wrV76TSRFt8vnzhlcfXwv1/MCCj2e5NWWWAV37pFX3SdkOEg0ryuXI7jcLdA89wzIBeEfkAcjaB0oY\
        xebVnvk8qIy3MdEIWtovaXQE9Y136GBjVC4TOk3+jgOxTYhM7heEPlSmVmAuu5Mts2MlpJDESfupjYLUvfQCbCq9\
        l+S3rX02gMaUq9ybhnWNYToxwd9GnDjAaOSZRpR2AQvqe4hzR5kjG22sGA+9D0z9EddQBkAuZKvldAp5hUqydifD\
        AgEDAoIBgQCAUGt/jMQKdW796cSCQI7L4Vzk/6wAv5eMJuYOcfqpkv+cPx8FEHKbCi8szykxQqm3bUBERdldZD/7\
        FB2ZIDCtbXxsCLJZR+U32aUiOjUCciAuU6XfBfs1G+CSM2FjZPmYMfg3y5j/BIGGCgDxMcEbugBFi+HCtZm0m8HL\
        ByU3UdBu4F9GgcXDE2v2Gw3CGdExRV63Zp12rbOKODA0vEBt06NxyADyV0gHdG5Gz+HXwcQvPglwtIxI9J3CGnhJ\
        aH1KWCApfyJcIhMHT8esnoW9SwYdz9E1E6hK9+2bvG/EK0HEpmBIVDTeouA87X8uJ1AcP5+oT1vOXIvATggfaXaZ\
        dhuFy6tbFoqmYT5AdWNudzwATzIL1leKk5CbikAkVM7/CwWjhp2R/LMQ/8iKO0qUlBOl71CAreIzuBZwoKlXkgNQ\
        NZdYeuAw/RWRDt76DVM0QBOlMlp+DQRbndmvRAYmnpfN82uWX6lHmeDyBDg50ALc9GtYyU7aXZXcWcBOvjsCgcEA\
        6Egp/aEgC68aEb7/v5//9+7X0Ual/Rjkq6fRu27R8faSVKCkDuusMv5M1cUrrm9xtgTzPzLbDjIJQBNABDzQE6in\
        SKdcFotAMbtqW6rBzX+rSLfE2pBbwNMh5OjlcizuIH1GOa2HxOgee1G3IvRUpy8/5N7wGKEs+QWYNwVxwun4r8Xg\
        Po2A7j+xA27x9teHWn3YV1dDrz3JCUSOKWoU45+vf1f+qr8nkm52dtwjukt2SrqFl/aUY6XiRKeOQwHlAoHBANQf\
        0Rvev7MvN1ZDSEPJVssslP7CIsKxWBlJ39xUggwegk4+2ZajMEnzK70NoQBk0+LNnryd/z4L/ybBzJKL06UfbBcz\
        2hKj+C+M560ZLgJa8p8x02fcNCmdg7/La6TcKE8JtY9dMjZ9A6bBycEV4R6DZuw1wLPc1HdaSIw0TdGfugVm8z2A\
        w3QhSilwTPNOrZkBUM0V9PyTSbPjIVC7zF364BNUAw8fBpo6dS1qhQDT1XAXB8eHWsjYNnYcg70IhwKBwQCa2sap\
        FhVdH2a2f1UqaqqlSeU2LxlTZe3HxTZ89Iv2pGGNwG1fR8gh/t3j2MfJn6EkA0zUzJIJdrDVYiqtfeANGxowb5K5\
        sirL0kbnxyveVRzbJS3nCufV4haYm0Ohc0lq/i7RHlqDRWmni89souMaH3/t6fVlwMimA7rPWPaB8VB1LpV/CQCe\
        1SCs9KFPOlo8U+WPj4J009tbgwlw8WNCanT/j/8cf2+29E756BfRh6Qx0a5lTw2Xw+wtxQmCAUMCgcEAjWqLZ+nV\
        Ih96OYIwLTDkh3MN/ywXLHY6u4aVPY2sCBRW3tSRDxd1hqIdKLPAqu3ilzO/KGlU1Af/byvdtwfibhTyuiKRYcKl\
        dQiac2YerDyhv3aM7+gixmkCf9zybega31vOX5N2zv4Cbyvb1g6WFFeZ8s6Ad+iNpObbCCLei7/RWO9M06ss+BYx\
        cPWIojRzu1Y13g6jUwzbzUIWNdKIPqdADOKstL9ZvCb4yPGuAI049WSv2lo8heV5pBMCfgWvAoHAAryPIieXWaQv\
        xJoijSXdhnxToVvDNCNFRU9M5i+6gut7LYv1EMrrrZrXL5Y2BmkEJkHnOZ4m7stwr0WcYWUe0Fi9SjF0sGQKl3ua\
        N3o/duMf/6HY32coh4r6u2G4qBx5x/GKhcL2ApOj76MOMKmrgTf16ET+EMjywGCP1KKRzPOZupeJFzmVJKfxG/n1\
        0S8Dv0OVZFBhx8IT/epc1mZNqGuz5ZWP2j2M2naERyU4ZYTv6BSb3b5lVtObna0AWnTE
        """
}
