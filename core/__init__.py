"""Find faces, judge, attack and explain them; everything but the screen."""
