project = "Learning from averages"
extensions = ["symgrad.sphinx", "myst_parser"]
myst_enable_extensions = ["dollarmath"]
html_theme = "alabaster"
html_theme_options = {"page_width": "1100px", "sidebar_width": "180px", "nosidebar": True}
html_copy_source = False
