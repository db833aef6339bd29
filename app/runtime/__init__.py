"""What belongs to the running app: its clock, settings, catalog, log and background writer.

Owns: the one clock, the values of this deployment, the request log, the thread that writes activity.
Does not own: any address, page or rule. Faces and the command line read it; services are handed values.
"""
