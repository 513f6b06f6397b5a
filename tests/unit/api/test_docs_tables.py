import pytest

from tests.support.docs_tables import DOCS, TABLES, written


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_of_a_document_are_those_of_the_code(name):
    """`python -m tests.support.docs_tables` writes them anew."""
    assert (DOCS / name).read_text() == written(name)
