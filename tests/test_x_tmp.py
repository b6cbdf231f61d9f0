from remittance_text import claim, payment, remittance_file, transaction_set
from offices import *

def test_a(home):
    home.expect(expects("C1"))
    got = home.run(remittance_file(transaction_set(payment("90", claim()))))
    assert got[0]["outcome"] == "post"
    assert home.posted() == {}
