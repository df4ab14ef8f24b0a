"""What brings other systems' stories in. Importers announce nothing: they mail nobody."""
