"""Fields of leadq on leads and opportunities, and their history in pages: a module of Tryton; see ../README.md."""
# SPDX-License-Identifier: GPL-3.0-or-later
