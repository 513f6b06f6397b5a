"""Connections as a test sees them counted."""


class Counted:
    """ports.connections.ConnectionWatch. made_to: each that was made, in order; lost: each that was
    given up, with the reason; problems: of these, in words."""

    def __init__(self):
        self.made_to, self.lost, self.problems = [], [], []

    def made(self, to):
        self.made_to.append(to)

    def given_up(self, to, why, problem=""):
        self.lost.append((to, str(why)))
        self.problems.append(problem)
