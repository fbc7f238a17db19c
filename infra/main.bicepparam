// What only you know. Everything else has a default, and its meaning, in main.bicep.
using 'main.bicep'

// az ad group show --group NAME --query id --output tsv
param administrators = ['00000000-0000-0000-0000-000000000000']

// The address at which people open Loupe, so that their browsers may upload pictures.
param origins = ['https://loupe.example.org']
