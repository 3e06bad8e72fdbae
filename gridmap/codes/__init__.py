"""Code lists as data: national standards and the lists of this system, with how people write their values."""

from gridmap.codes.lists import CodeList, code_list, code_lists

__all__ = ["CodeList", "code_list", "code_lists"]
