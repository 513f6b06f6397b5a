from market_maker.model.caller import ANONYMOUS, Caller, Role


def test_a_caller_has_one_of_the_roles_or_not():
    caller = Caller("jane", (Role.OPERATOR,), "t")
    assert caller.has(Role.RISK, Role.OPERATOR)
    assert not caller.has(Role.RISK, Role.ADMIN)
    assert not caller.has()


def test_without_authentication_everything_may_be_done():
    assert all(ANONYMOUS.has(role) for role in Role)
    assert list(ANONYMOUS.roles) == sorted(Role)
