"""Common first names in the Netherlands, Belgium and the English-speaking world, for the word filter. General knowledge."""

from __future__ import annotations

COMMON = """
Aad Abdel Abdul Achmed Adam Adriaan Agnes Ahmed Aisha Albert Alexander Alice Ali Alicia Alina Amber Amelia Amina Amir Andre André Andrea
Andrew Andrzej Angela Anita Anja Ann Anna Anne Anneke Annemarie Annie Anouk Anthony Anton Antonio Arie Arjan Arjen Arthur Ashley Astrid
Ayse Ayoub Barbara Bart Bas Beatrix Ben Bernard Bert Beth Bilal Birgit Boris Bram Brenda Brian Bruno Carla Carlos Carmen Caroline Casper
Catherine Cees Charles Charlotte Chantal Chris Christian Christina Christopher Claire Claudia Coen Corrie Cornelis Cynthia Daan Daniel
Daniëlle Danielle David Debbie Deborah Dennis Diana Diederik Dirk Donald Donna Dorothy Dylan Ebru Eddy Edward Edwin Eefje Eline Elise
Elisabeth Elizabeth Ellen Els Emily Emine Emma Eric Erik Ernst Esmee Esther Eva Evelien Evelyn Ewa Fatih Fatima Fatma Femke Fenna Ferdinand
Fleur Floor Floris Frank Frans Fred Frederik Freek George Gerard Gerda Gerrit Gert Gijs Greet Guido Guus Hamza Hanna Hannah Hannie Hans
Harrie Harry Hassan Heleen Helen Helena Hendrik Hendrika Henk Henri Henry Herman Hilde Hugo Ibrahim Ilse Ineke Inge Ingrid Irene Irma
Isabel Isabella Ivo Jaap Jack Jacob Jacqueline Jaime James Jan Jane Janet Janneke Jannie Jasmijn Jason Jasper Jayden Jeanne Jelle Jennifer
Jens Jeroen Jesse Jessica Jill Jim Joan Joanna Job Jochem Joep Johan Johanna Johannes John Jolanda Jonas Jonathan Joost Jordy Joris Jos
José Joseph Josephine Joshua Joyce Juan Judith Julia Julian Julie Jürgen Justin Kaan Karel Karen Karim Karin Katarzyna Kathleen Kees Kelly
Kenneth Kevin Khadija Khalid Kim Klaas Koen Krzysztof Lars Laura Lauren Laurens Leo Leon Leonie Levi Lianne Lieke Lies Linda Lisa Liam
Lisanne Lotte Lucas Lucy Luuk Maaike Maarten Madelief Malik Manon Marco Margaret Margriet Maria Marian Marie Marieke Marijke Marit
Marjan Mark Marleen Marlies Martijn Martin Mary Mathijs Matthew Matthias Maurits Mees Mehmet Melanie Menno Merel Michael Michel Michelle
Mieke Mila Milan Mirjam Mohamed Mohammed Monique Moniek Muhammad Mustafa Myrthe Nancy Naomi Nathalie Nicole Niels Niek Nienke Nina Noah
Noor Nora Nour Olaf Olga Oliver Olivia Omar Oscar Otto Pamela Patricia Patrick Paul Paula Peter Petra Philip Piet Pieter Pim Rachel Rachid
Ramon Rebecca Renate René Renske Ria Richard Rick Rik Rita Robert Robin Roel Rogier Ronald Roos Rosa Ruben Rudolf Ruth Ryan Saar Sabine
Said Salim Samantha Samir Samuel Sander Sandra Sanne Sara Sarah Saskia Sean Selim Sem Serge Sharon Sheila Siebe Sietske Sigrid Simone Sjaak
Sjoerd Sophia Sophie Stefan Stephanie Steven Suzanne Sven Sylvia Tamara Tanja Teun Theo Thea Thijs Thomas Tijn Tim Timothy Tineke Tjeerd
Tobias Ton Toon Trudy Truus Umar Ursula Valerie Veerle Victoria Vincent Virginia Walter Wendy Wesley Wilhelm Willem Willemijn William Wim
Wouter Xander Yara Yasmin Youssef Yusuf Yvonne Zeynep Zoë
Art Bill Bob Dan Dean Don Faith Frank Grace Hope Ida Iris Jet Joy Lily Max May Mike Pat Ray Rob Rose Roy Sam Steve Sue Tom Tony Will Wil
Bo Guy Jean Lee Luc Sunny Vera
"""

WORDS_TOO = """
Alexander Anton Art Bas Ben Bert Bill Bob Bo Christian Dan Dean Don Faith Floor Frank Grace Guy Hope Ida Iris Jean Jet Job Joy Kim Lee Leo
Lies Lily Luc Mark Max May Merel Pat Rob Ray Robin Roos Rose Roy Said Sam Sue Sunny Ton Toon Vera Victoria Virginia Wil Will
"""

FIRST_NAMES = frozenset(COMMON.split())
AMBIGUOUS = frozenset(WORDS_TOO.split())
"""First names that are words too, or names of places: a warning only when a surname follows."""
