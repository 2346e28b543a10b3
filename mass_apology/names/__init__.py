"""What stands in a name's place in a file of customers: whether anybody can be greeted with it, and how."""

from mass_apology.names.clickable import clickable
from mass_apology.names.name_judgement import Judgement, Kind, judge
from mass_apology.names.name_words import folded
from mass_apology.names.shared_mailboxes import Readers, readers

__all__ = ["Judgement", "Kind", "Readers", "clickable", "folded", "judge", "readers"]
