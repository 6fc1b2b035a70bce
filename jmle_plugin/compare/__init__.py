"""Two runs against each other: is the new one worse, and could we tell?"""
